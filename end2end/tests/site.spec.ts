import { get, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test, type Tidings } from '../fixtures';

type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** A plain request. `fetch` would decompress the body. */
function ask(server: Tidings, path: string, headers: Record<string, string> = {}): Promise<Answer> {
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

/** The files that a page of this server links to. */
async function linked(server: Tidings, page: string): Promise<string[]> {
  const html = (await ask(server, page)).body.toString();
  return [...new Set(html.match(/(?<=")pkg\/[^"]+/g))].map((path) => `/${path}`);
}

for (const path of ['/', '/admin', '/docs', '/docs/back-end/php', '/docs/api']) {
  test(`${path} loads everything from this server, within its content security policy`, async ({ page, server }) => {
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${server.url}/`) && !url.startsWith('data:')) elsewhere.push(url);
    });
    const response = await page.goto(server.url + path);
    expect(response?.headers()['content-security-policy']).toContain("object-src 'none'");
    const alive = path === '/docs/api'
      ? page.getByText('/api/stats')
      : path.startsWith('/docs')
        ? page.getByRole('heading', { level: 1 })
        : page.getByRole('status').filter({ hasText: 'Live' });
    await expect(alive.first()).toBeVisible();
    expect(elsewhere).toEqual([]);
  });
}

test.describe('a page with an injected script', () => {
  // The server stops before the page does, and the page reports that.
  test.use({ tolerated: /Content Security Policy|Failed to load resource/ });

  test('does not run it', async ({ page, server }) => {
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
});

test('linked files are compressed, and cached for ever', async ({ server }) => {
  const files = [...(await linked(server, '/')), ...(await linked(server, '/docs')), ...(await linked(server, '/docs/api'))];
  expect(files.filter((file) => file.endsWith('.wasm')).length).toBeGreaterThan(10);
  for (const file of files) {
    const plain = await ask(server, file, { 'accept-encoding': 'identity' });
    expect(plain.status, file).toBe(200);
    expect(plain.headers['content-encoding']).toBeUndefined();
    const brotli = await ask(server, file, { 'accept-encoding': 'gzip, br' });
    // The server makes the texts, and compresses them with gzip only.
    const isText = file.includes('/texts.');
    expect(brotli.headers['content-encoding'], file).toBe(isText ? 'gzip' : 'br');
    const unpacked = isText ? gunzipSync(brotli.body) : brotliDecompressSync(brotli.body);
    expect(unpacked.equals(plain.body), file).toBe(true);
    const gzip = await ask(server, file, { 'accept-encoding': 'gzip, br;q=0.1' });
    expect(gzip.headers['content-encoding'], file).toBe('gzip');
    expect(gunzipSync(gzip.body).equals(plain.body), file).toBe(true);
    for (const answer of [plain, brotli, gzip]) {
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.vary?.toLowerCase()).toContain('accept-encoding');
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
    }
    expect(new Set([plain, brotli, gzip].map((answer) => answer.headers.etag)).size, file).toBe(isText ? 2 : 3);
  }
});

test('a cached file is answered with 304 for its encoding', async ({ server }) => {
  for (const path of ['/favicon.svg', '/favicon.ico', ...(await linked(server, '/'))]) {
    const first = await ask(server, path, { 'accept-encoding': 'br' });
    const known = { 'if-none-match': first.headers.etag ?? '' };
    const again = await ask(server, path, { 'accept-encoding': 'br', ...known });
    expect([again.status, again.body.length], path).toEqual([304, 0]);
    expect(again.headers.etag).toBe(first.headers.etag);
    // The server has the texts without brotli, so the first answer was not compressed.
    const others = path.includes('/texts.') ? 'gzip' : 'identity';
    const other = await ask(server, path, { 'accept-encoding': others, ...known });
    expect(other.status, path).toBe(200);
  }
});

test('a file without a hash in its name is revalidated each time', async ({ server }) => {
  for (const path of ['/favicon.svg', '/favicon.ico', '/robots.txt']) {
    const answer = await ask(server, path);
    expect([answer.status, answer.headers['cache-control']], path).toEqual([200, 'no-cache']);
  }
});
