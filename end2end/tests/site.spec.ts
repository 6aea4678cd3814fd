import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { get, type IncomingHttpHeaders } from 'node:http';
import { expect, test, type Page } from '@playwright/test';
import { Server } from '../server';

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.stop());

type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** A plain request: `fetch` would unpack the body and hide how it came. */
function ask(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(server.url + path, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    }).on('error', reject);
  });
}

/** What a page of this server links to. */
async function linked(page: string): Promise<string[]> {
  const html = (await ask(page)).body.toString();
  return [...new Set(html.match(/\/pkg\/[^"]+/g))];
}

/** Whatever the browser complained of while the page was open. */
function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) heard.push(message.text());
  });
  page.on('pageerror', (error) => heard.push(error.message));
  return heard;
}

for (const path of ['/', '/admin', '/docs']) {
  test(`${path} loads all it needs from this server, within its policy`, async ({ page }) => {
    const heard = complaints(page);
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(`${server.url}/`) && !request.url().startsWith('data:')) {
        elsewhere.push(request.url());
      }
    });
    const response = await page.goto(server.url + path);
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'");
    // The reader shows what it read; the pages have run their wasm.
    if (path === '/docs') await expect(page.getByText('/api/clients', { exact: true })).toBeVisible();
    else await page.waitForFunction(() => performance.getEntriesByType('resource').some((r) => r.name.endsWith('.wasm')));
    await expect.poll(() => page.evaluate(() => document.readyState)).toBe('complete');
    expect(heard).toEqual([]);
    expect(elsewhere).toEqual([]);
  });
}

test('a script that someone slips into a page does not run', async ({ page }) => {
  await page.goto(server.url);
  const ran = await page.evaluate(async () => {
    const stopped = new Promise<string>((resolve) =>
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective)),
    );
    const script = document.createElement('script');
    script.textContent = 'globalThis.slipped = true';
    document.body.append(script);
    return { directive: await stopped, slipped: 'slipped' in globalThis };
  });
  expect(ran).toEqual({ directive: 'script-src-elem', slipped: false });
});

test('what a page links to comes compressed, and is never asked for again', async () => {
  const files = [...(await linked('/')), ...(await linked('/docs'))];
  expect(files.filter((file) => file.endsWith('.wasm'))).toHaveLength(1);
  for (const file of files) {
    const plain = await ask(file, { 'accept-encoding': 'identity' });
    expect(plain.status, file).toBe(200);
    expect(plain.headers['content-encoding']).toBeUndefined();
    const brotli = await ask(file, { 'accept-encoding': 'gzip, br' });
    expect(brotli.headers['content-encoding'], file).toBe('br');
    expect(brotliDecompressSync(brotli.body).equals(plain.body), file).toBe(true);
    const gzip = await ask(file, { 'accept-encoding': 'gzip, br;q=0.1' });
    expect(gzip.headers['content-encoding'], file).toBe('gzip');
    expect(gunzipSync(gzip.body).equals(plain.body), file).toBe(true);
    for (const answer of [plain, brotli, gzip]) {
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.vary?.toLowerCase()).toContain('accept-encoding');
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
    }
    expect(new Set([plain, brotli, gzip].map((answer) => answer.headers.etag)).size, file).toBe(3);
  }
});

test('who has a file already is told so, in the form that it has', async () => {
  for (const path of ['/favicon.svg', '/favicon.ico', ...(await linked('/'))]) {
    const first = await ask(path, { 'accept-encoding': 'br' });
    const known = { 'if-none-match': first.headers.etag ?? '' };
    const again = await ask(path, { 'accept-encoding': 'br', ...known });
    expect([again.status, again.body.length], path).toEqual([304, 0]);
    expect(again.headers.etag).toBe(first.headers.etag);
    const other = await ask(path, { 'accept-encoding': 'identity', ...known });
    expect(other.status, path).toBe(200);
  }
});

test('a file with a name that stays is asked for each time', async () => {
  for (const path of ['/favicon.svg', '/favicon.ico', '/robots.txt']) {
    const answer = await ask(path);
    expect([answer.status, answer.headers['cache-control']], path).toEqual([200, 'no-cache']);
  }
});
