// The pages as an app that can be installed.
import { expect, test, Tidings } from '../fixtures';

test('the browser finds the manifest of the pages valid, and its icons', async ({ page, server }) => {
  await page.goto(`${server.url}/admin`);
  const session = await page.context().newCDPSession(page);
  const { url, errors, data } = await session.send('Page.getAppManifest');
  expect(url).toBe(`${server.url}/manifest.webmanifest`);
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data ?? '');
  expect(manifest.name).toBe('Tidings');
  const installing = await session.send('Page.getInstallabilityErrors');
  expect(installing.installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
  for (const { src, sizes } of manifest.icons) {
    const [width] = sizes.split('x').map(Number);
    const icon = await page.evaluate(async (source: string) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, src);
    expect(icon, src).toEqual([width, width]);
  }
});

test('the manifest has its own content type, and all its URLs are below that of the pages', async () => {
  const server = await Tidings.start(['--public-url', 'https://push.test/push', '--trusted-proxy', '127.0.0.1']);
  try {
    const html = await (await fetch(`${server.url}/push/`, { headers: { Accept: 'text/html' } })).text();
    expect(html).toContain('<base href="/push/"');
    expect(html).toContain('href="manifest.webmanifest"');
    expect(html.match(/name="theme-color"/g)).toHaveLength(2);
    const response = await fetch(`${server.url}/push/manifest.webmanifest`);
    expect(response.headers.get('content-type')).toBe('application/manifest+json');
    const { start_url, scope, icons } = await response.json();
    const at = 'https://push.test/push/manifest.webmanifest';
    expect(new URL(start_url, at).href).toBe('https://push.test/push/');
    expect(new URL(scope, at).href).toBe('https://push.test/push/');
    for (const { src } of icons) {
      const { pathname } = new URL(src, at);
      expect((await fetch(`${server.url}${pathname}`)).headers.get('content-type')).toBe('image/png');
    }
  } finally {
    await server.dispose();
  }
});
