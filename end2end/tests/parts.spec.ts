// The wasm is split: a page loads the parts that it needs, and tells the user when one of them can't be loaded.
import type { Page, Request } from '@playwright/test';
import { expect, Tab, test } from '../fixtures';
import { goTo, isLive } from '../panel';

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });

/** The names of the wasm files that a page asks for, without their hashes. What it fetches for later does not count. */
function loaded(page: Page): Set<string> {
  const names = new Set<string>();
  page.on('request', (request: Request) => {
    const name = /\/pkg\/([a-z_0-9]+)\.[0-9a-f]+\.wasm$/.exec(request.url())?.[1];
    if (name && request.headers()['sec-purpose'] !== 'prefetch') names.add(name);
  });
  return names;
}

/** The parts that only one page needs. */
const own = (names: Set<string>) => [...names].filter((name) => name.startsWith('split_')).sort();

/** The pages, the parts without which they are not alive, and those that they load when they are. */
const pages: [path: string, first: string[], later: string[]][] = [
  ['/', ['split_subscriber'], ['split_message_entries']],
  ['/try', ['split_try_it'], []],
  ['/jobs', ['split_jobs'], []],
  ['/admin', ['split_overview_section', 'split_panel'], ['split_nodes_section', 'split_overview_lists']],
  ['/admin/push', ['split_panel', 'split_push_section'], ['split_nodes_section', 'split_push_side']],
];

for (const [path, first, later] of pages) {
  test(`a visit to ${path} loads the parts of this page, as the server said, and no others`, async ({ page, server }) => {
    const names = loaded(page);
    await page.goto(server.url + path);
    // This page has no stream.
    if (path !== '/try') await isLive(page);
    await expect.poll(() => own(names)).toEqual([...first, ...later].sort());
    expect(names).toContain('app_bg');

    const html = await (await fetch(server.url + path)).text();
    const preloaded = [...html.matchAll(/<link rel="preload" href="pkg\/([a-z_0-9]+)\.[0-9a-f]+\.wasm"/g)].map((link) => link[1]);
    expect(own(new Set(preloaded))).toEqual(first);
    expect([...names]).toEqual(expect.arrayContaining(preloaded));
    if (later.length === 0) expect(preloaded.sort()).toEqual([...names].sort());
  });
}

test('the wasm of the page is fetched once, and that of other pages when the browser is idle', async ({ page, server }) => {
  const fetched: string[] = [];
  const prefetched: string[] = [];
  page.on('request', (request) => {
    const prefetch = request.headers()['sec-purpose'] === 'prefetch';
    if (request.url().endsWith('.wasm')) (prefetch ? prefetched : fetched).push(request.url());
  });
  await page.goto(server.url);
  await new Tab(page).isLive();
  await page.waitForLoadState('load');
  await expect.poll(() => prefetched.some((url) => url.includes('split_panel'))).toBe(true);
  expect(fetched.filter((url, at) => fetched.indexOf(url) !== at)).toEqual([]);
});

test('the page is painted before anything is loaded that brings it to life', async ({ page, server }) => {
  await page.goto(server.url);
  await new Tab(page).isLive();
  const times = await page.evaluate(() => {
    const loaded = performance.getEntriesByType('resource').filter(({ name }) => /\.(wasm|txt)$/.test(name));
    const [painted] = performance.getEntriesByName('first-contentful-paint');
    return { loaded: loaded.map(({ startTime }) => startTime), painted: painted.startTime };
  });
  expect(times.loaded.length).toBeGreaterThan(2);
  expect(Math.min(...times.loaded)).toBeGreaterThanOrEqual(times.painted);
});

test('the style of the panel is loaded with the panel, before it is shown', async ({ page, server }) => {
  const sheets = () => page.evaluate(() => [...document.styleSheets].map(({ href }) => href ?? ''));
  const ofPanel = async () => (await sheets()).filter((href) => href.includes('/panel_pages.'));
  await page.goto(server.url);
  await new Tab(page).isLive();
  expect(await sheets()).toHaveLength(1);
  expect(await ofPanel()).toEqual([]);
  // What the first paint of the panel looks like.
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      const link = document.querySelector('.sections a');
      if (!link) return;
      observer.disconnect();
      document.documentElement.dataset.firstLine = getComputedStyle(link).textDecorationLine;
    }).observe(document.body, { childList: true, subtree: true });
  });
  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await isLive(page);
  await expect(page.locator('html')).toHaveAttribute('data-first-line', 'none');
  expect(await ofPanel()).toHaveLength(1);

  // The document of a page that needs it has it, and it is not loaded twice.
  await page.reload();
  await isLive(page);
  expect(await ofPanel()).toHaveLength(1);
});

test('navigation loads what is missing, back and forward too, and keeps what is loaded', async ({ page, server }) => {
  const names = loaded(page);
  await page.goto(server.url);
  await new Tab(page).isLive();
  await page.evaluate(() => Object.assign(globalThis, { samePage: true }));
  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await isLive(page);
  await goTo(page, 'Push');
  await expect(page.getByRole('button', { name: 'Push', exact: true })).toBeVisible();
  await goTo(page, 'Clients');
  const needed = ['clients_section', 'message_entries', 'nodes_section', 'overview_lists', 'overview_section', 'panel', 'push_section', 'push_side', 'subscriber'];
  await expect.poll(() => own(names)).toEqual(needed.map((part) => `split_${part}`));

  await page.goBack();
  await expect(heading(page, 'Push')).toBeVisible();
  await page.goBack();
  await page.goBack();
  await expect(heading(page, 'Subscriber')).toBeVisible();
  await page.goForward();
  await expect(heading(page, 'Overview')).toBeVisible();

  // What is loaded is there without a network too.
  await page.context().setOffline(true);
  await goTo(page, 'Push');
  await expect(page.getByRole('button', { name: 'Push', exact: true })).toBeVisible();
  await page.context().setOffline(false);
  expect(await page.evaluate(() => 'samePage' in globalThis)).toBe(true);
});

test('a section that gets its part late shows what was pushed meanwhile', async ({ page, server }) => {
  await page.goto(`${server.url}/admin`);
  await isLive(page);
  await server.push({ to: 'everyone', data: 'pushed before the section was there' });
  await goTo(page, 'Messages');
  await expect(page.getByText('pushed before the section was there')).toBeVisible();
});

test.describe('when a part can not be loaded', () => {
  test.use({ tolerated: /Failed to load resource|TypeError|WebAssembly/ });

  test('a page says so, and is loaded again from the server', async ({ page, server }) => {
    // As after an update: the server has no file of this name.
    let gone = true;
    await page.route(/split_panel/, (route) => (gone ? route.fulfill({ status: 404 }) : route.fallback()));
    await page.goto(server.url);
    await new Tab(page).isLive();
    // The server answers when the text was seen.
    await page.route(`${server.url}/admin`, (route) => (gone ? route.abort() : route.fallback()));
    await page.getByRole('link', { name: 'Admin', exact: true }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'could not be loaded' })).toBeVisible();
    gone = false;
    await isLive(page);
    await expect(heading(page, 'Overview')).toBeVisible();
    await expect(page).toHaveURL(`${server.url}/admin`);
    await expect(page.getByText('could not be loaded')).toBeHidden();
  });

  test('a section says so, and is loaded again from the server', async ({ page, server }) => {
    let gone = true;
    await page.route(/split_push_section/, (route) => (gone ? route.fulfill({ status: 404 }) : route.fallback()));
    await page.goto(`${server.url}/admin`);
    await isLive(page);
    await page.route(`${server.url}/admin/push`, (route) => (gone ? route.abort() : route.fallback()));
    await page.getByRole('link', { name: 'Push', exact: true }).first().click();
    await expect(page.getByRole('alert').filter({ hasText: 'could not be loaded' })).toBeVisible();
    gone = false;
    await expect(page.getByRole('button', { name: 'Push', exact: true })).toBeVisible();
  });

  test('the first page says so, and is loaded again', async ({ page, server }) => {
    let gone = true;
    await page.route(/split_subscriber/, (route) => (gone ? route.fulfill({ status: 404 }) : route.fallback()));
    await page.route(`${server.url}/`, (route) => (gone && route.request().method() === 'HEAD' ? route.abort() : route.fallback()));
    await page.goto(server.url);
    await expect(page.getByRole('alert').filter({ hasText: 'could not be loaded' })).toBeVisible();
    gone = false;
    await new Tab(page).isLive();
  });
});
