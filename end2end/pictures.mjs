// Takes the pictures of both pages that the README shows, from the real binary with some clients connected.
// `make pictures` runs it; TIDINGS_BIN names another binary.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const here = dirname(fileURLToPath(import.meta.url));
const binary = resolve(here, process.env.TIDINGS_BIN ?? '../target/release/tidings');
const pictures = resolve(here, '../docs/pictures');
const debianChromium = '/usr/bin/chromium';
const viewport = { width: 1280, height: 800 };

/** Other people's pages: who listens, and to what. */
const others = [
  ['checkout:7', ['orders/*']],
  ['anna@example.org', ['news', 'orders/42']],
  ['anna@example.org', ['news']],
  ['warehouse-display', ['orders/**', 'stock/**']],
  ['0b6f1c1e-9a34-4f0a-8d5b-6f2f3f1f7c52', []],
  ['7d0e4c8a-52c6-4b0e-9f58-1f6f0c9b2a11', ['news']],
];

async function freePort() {
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** Waits until something holds; gives up after ten seconds. */
async function until(what, holds) {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds().catch(() => false)) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`${what}: not within ten seconds`);
}

async function push(url, body) {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/push`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
}

async function listenPicture(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByLabel('Topic or pattern', { exact: true }).first().fill('orders/42');
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  const client = await page.getByRole('region', { name: 'Client id' }).getByRole('code').textContent();
  const reached = () => page.getByRole('button', { name: 'Unsubscribe from orders/42' }).isVisible();
  await until('the subscription', reached);
  await page.getByText('Live', { exact: true }).waitFor();
  await push(url, { to: { client }, data: 'Good morning. Your parcel leaves the warehouse today.' });
  await push(url, { to: 'everyone', data: 'We have a new look. Reload when it suits you.' });
  const paid = { order: 42, total: 99.5, lines: [{ sku: 'tea-17', n: 2 }] };
  await push(url, { to: { topic: 'orders/42' }, event: 'order.paid', data: paid });
  await page.getByText('"tea-17"').waitFor();
  await page.screenshot({ path: join(pictures, 'listen.png') });
}

async function adminPicture(context, url) {
  const page = await context.newPage();
  await page.goto(`${url}/admin/push?client=anna@example.org`);
  await page.getByRole('radio', { name: 'JSON' }).check();
  await page.getByLabel('Event type').fill('order.sent');
  await page.getByLabel('Data').fill('{\n  "order": 42,\n  "carrier": "Hermes"\n}');
  await page.getByText('Reaches 1 client on 2 connections now.').waitFor();
  await page.getByRole('button', { name: 'Push', exact: true }).click();
  await page.getByText('Sent to 2 connections.').first().waitFor();
  await page.getByText('1 waiting').or(page.getByText('1 sent')).first().waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(pictures, 'admin.png') });
}

const folder = await mkdtemp(join(tmpdir(), 'tidings-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const place = ['--listen', `127.0.0.1:${port}`, '--data-dir', folder];
const server = spawn(binary, ['serve', ...place], { stdio: ['ignore', 'ignore', 'inherit'] });
const streams = new AbortController();
const held = [];
let browser;
try {
  await until('the server', async () => (await fetch(`${url}/health/ready`)).ok);
  for (const [id, topics] of others) {
    const query = new URLSearchParams([['client_id', id], ...topics.map((topic) => ['topic', topic])]);
    // Held, because what nobody holds is collected and its connection with it.
    held.push(await fetch(`${url}/sse?${query}`, { signal: streams.signal }));
  }
  const own = process.env.TIDINGS_CHROMIUM ?? (existsSync(debianChromium) ? debianChromium : undefined);
  browser = await chromium.launch({ executablePath: own, args: ['--no-sandbox', '--disable-gpu'] });
  const context = await browser.newContext({ viewport, deviceScaleFactor: 2, colorScheme: 'light', locale: 'en-GB', reducedMotion: 'reduce' });
  await mkdir(pictures, { recursive: true });
  await listenPicture(context, url);
  await adminPicture(context, url);
  console.log(`took ${join(pictures, 'listen.png')} and admin.png`);
} finally {
  streams.abort();
  await browser?.close();
  server.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}
