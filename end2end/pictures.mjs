// Takes the screenshots for the README: the subscriber page and the admin panel of a real server with connected clients.
// `make pictures` runs it. TIDINGS_BIN names the binary; the default is the debug build, which serves the same site as a
// release. A font with Chinese characters must be installed (`scripts/setup fonts`).
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
const binary = resolve(here, process.env.TIDINGS_BIN ?? '../target/debug/tidings');
const pictures = resolve(here, '../docs/pictures');
const debianChromium = '/usr/bin/chromium';
const viewport = { width: 1280, height: 800 };

/** The clients that are connected, each with its topics. */
const clients = [
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

/** Waits until the server answers; gives up after ten seconds. */
async function ready(url) {
  for (let tries = 0; tries < 200; tries++) {
    const response = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error('the server is not ready after ten seconds');
}

async function push(url, body) {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/push`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
}

async function subscriberPicture(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByLabel('Topic or pattern', { exact: true }).first().fill('orders/42');
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  const client = await page.getByRole('region', { name: 'Client id' }).getByRole('code').textContent();
  await page.getByRole('button', { name: 'Unsubscribe from orders/42' }).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await push(url, { to: { client }, data: 'Good morning. Your parcel leaves the warehouse today.' });
  await push(url, { to: 'everyone', data: 'We have a new look. Reload when it suits you.' });
  const paid = { order: 42, total: 99.5, lines: [{ sku: 'tea-17', n: 2 }] };
  await push(url, { to: { topic: 'orders/42' }, event: 'order.paid', data: paid });
  await page.getByText('"tea-17"').waitFor();
  await page.screenshot({ path: join(pictures, 'subscriber.png') });
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
const flags = ['--listen', `127.0.0.1:${port}`, '--data-dir', folder];
const server = spawn(binary, ['serve', ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
const streams = new AbortController();
const responses = [];
let browser;
try {
  await ready(url);
  for (const [id, topics] of clients) {
    const query = new URLSearchParams([['client_id', id], ...topics.map((topic) => ['topic', topic])]);
    // Kept in a list: a response that is garbage-collected closes its connection.
    responses.push(await fetch(`${url}/sse?${query}`, { signal: streams.signal }));
  }
  const executablePath = process.env.TIDINGS_CHROMIUM ?? (existsSync(debianChromium) ? debianChromium : undefined);
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const context = await browser.newContext({ viewport, deviceScaleFactor: 2, colorScheme: 'light', locale: 'en-GB', reducedMotion: 'reduce' });
  await mkdir(pictures, { recursive: true });
  await subscriberPicture(context, url);
  await adminPicture(context, url);
  console.log(`wrote ${join(pictures, 'subscriber.png')} and admin.png`);
} finally {
  streams.abort();
  await browser?.close();
  server.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}
