// What browsers do to tabs: they freeze them, their processes crash, and their networks are slow. Nothing is lost, and the
// page says what is the case.
import { expect, Tab, test } from '../fixtures';

// A crashed tab is reported as an error of the browser.
test.use({ tolerated: /Failed to load resource|crashed/ });

test('a tab that the browser freezes gets what was pushed meanwhile, in order and once', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  const browser = await context.newCDPSession(tab.page);
  await server.push({ to: { client }, data: 'before' });
  await expect.poll(() => tab.texts()).toEqual(['before']);

  await browser.send('Page.setWebLifecycleState', { state: 'frozen' });
  for (const data of ['first', 'second', 'third']) await server.push({ to: { client }, data });
  await browser.send('Page.setWebLifecycleState', { state: 'active' });
  await expect.poll(() => tab.texts()).toEqual(['before', 'first', 'second', 'third']);
  await tab.isLive();
});

test('when the tab that holds the shared connection crashes, another one goes on', async ({ context, server }) => {
  const leader = await Tab.open(context, server);
  await leader.page.getByRole('switch', { name: /Share one connection/ }).check();
  await leader.isLive();
  const client = await leader.id();
  const follower = await Tab.open(context, server);
  expect(await follower.id()).toBe(client);
  await server.push({ to: { client }, data: 'before' });
  await expect.poll(() => follower.texts()).toContain('before');

  const browser = await context.newCDPSession(leader.page);
  const crashed = leader.page.waitForEvent('crash');
  // It is never answered.
  void browser.send('Page.crash').catch(() => {});
  await crashed;
  await server.push({ to: { client }, data: 'afterwards' });
  await expect.poll(() => follower.texts()).toEqual(['before', 'afterwards']);
  await follower.isLive();
});

test('over a slow network the page shows the id and how to push before it is alive, and loses nothing', async ({ context, server }) => {
  const page = await context.newPage();
  const client = '6f1e1c1e-9a34-4f0a-8d5b-6f2f3f1f7c53';
  await page.addInitScript((id) => sessionStorage.setItem('tidings.client_id', id), client);
  const browser = await context.newCDPSession(page);
  await browser.send('Network.enable');
  // The profile "Slow 3G" of the developer tools.
  const bytes = 50_000;
  await browser.send('Network.emulateNetworkConditions', {
    offline: false, latency: 2_000, downloadThroughput: bytes, uploadThroughput: bytes,
  });
  await page.goto(server.url, { waitUntil: 'commit' });
  const tab = new Tab(page);
  // Rendered by the server: it is there before the wasm is.
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible({ timeout: 60_000 });
  await expect(tab.state()).not.toHaveText('Live', { timeout: 1 });
  await server.push({ to: { client }, data: 'while it was loading' });
  await expect(tab.state()).toHaveText('Live', { timeout: 90_000 });
  await expect.poll(() => tab.texts(), { timeout: 60_000 }).toEqual(['while it was loading']);
});

test('the page shows the id of its tab before it is alive, also after a reload', async ({ context, server }) => {
  const page = await context.newPage();
  let goOn = () => {};
  let held = Promise.resolve();
  const hold = () => { held = new Promise((resolve) => { goOn = resolve; }); };
  await page.route('**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  const shown = page.locator('code.id');

  hold();
  await page.goto(server.url, { waitUntil: 'commit' });
  await expect(shown).toHaveText(/^[0-9a-f-]{36}$/);
  const id = (await shown.textContent()) ?? '';
  await expect(page.locator('.command pre')).toContainText(`curl ${server.url}/push`);
  await expect(page.locator('.command pre')).toContainText(`{"client":"${id}"}`);
  await server.push({ to: { client: id }, data: 'early' });
  goOn();
  const tab = new Tab(page);
  await tab.isLive();
  expect(await tab.id()).toBe(id);
  await expect.poll(() => tab.texts()).toEqual(['early']);

  hold();
  await page.reload({ waitUntil: 'commit' });
  await expect(shown).toHaveText(id);
  await expect(page.locator('.command pre')).toContainText(`{"client":"${id}"}`);
  await expect(tab.state()).not.toHaveText('Live');
  goOn();
  await tab.isLive();
  expect(await tab.id()).toBe(id);
});
