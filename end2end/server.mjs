// A real server for the scripts of this folder, on a free port and with a data folder that is deleted afterwards, and a browser.
// TIDINGS_BIN names the binary; the default is the debug build, which serves the same site as a release.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const here = dirname(fileURLToPath(import.meta.url));
const binary = resolve(here, process.env.TIDINGS_BIN ?? '../target/debug/tidings');
const debianChromium = '/usr/bin/chromium';

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

/** Runs `use` with a server and a browser, and ends both. */
export async function withServer(flags, use) {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const all = ['serve', '--listen', `127.0.0.1:${port}`, '--data-dir', folder, ...flags];
  const server = spawn(binary, all, { stdio: ['ignore', 'ignore', 'inherit'] });
  const streams = new AbortController();
  // Kept in a list: a response that is garbage-collected closes its connection.
  const responses = [];
  let browser;
  try {
    await ready(url);
    const executablePath = process.env.TIDINGS_CHROMIUM ?? (existsSync(debianChromium) ? debianChromium : undefined);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    await use({
      url,
      browser,
      /** Pushes one message. */
      async push(body) {
        const headers = { 'Content-Type': 'application/json' };
        const response = await fetch(`${url}/push`, { method: 'POST', headers, body: JSON.stringify(body) });
        if (!response.ok) throw new Error(await response.text());
      },
      /** Opens a stream, until the end. */
      async listen(id, topics = []) {
        const query = new URLSearchParams([['client_id', id], ...topics.map((topic) => ['topic', topic])]);
        responses.push(await fetch(`${url}/sse?${query}`, { signal: streams.signal }));
      },
    });
  } finally {
    streams.abort();
    await browser?.close();
    server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}
