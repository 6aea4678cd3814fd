// The subscriber page: who it is, and what arrives.
import { expect, Tab, test } from '../fixtures';

test('three tabs have three ids, and a push to one reaches that one and no other', async ({ context, server }) => {
  const tabs = await Promise.all([1, 2, 3].map(() => Tab.open(context, server)));
  const ids = await Promise.all(tabs.map((tab) => tab.id()));
  expect(new Set(ids).size).toBe(3);

  const answer = await server.push({ to: { client: ids[1] }, data: 'for the second' });
  expect(answer.connections).toBe(1);
  await expect(tabs[1].messages()).toHaveText(/for the second/);

  // Order is kept, so who has this one has had everything before it.
  await server.push({ to: 'everyone', data: 'the last' });
  for (const tab of tabs) await expect(tab.messages().first()).toContainText('the last');
  await expect(tabs[0].messages()).toHaveCount(1);
  await expect(tabs[1].messages()).toHaveCount(2);
  await expect(tabs[2].messages()).toHaveCount(1);
});

test('a topic reaches those who subscribe to it, also by a pattern, until they leave it', async ({ context, server }) => {
  const [exact, pattern, neither] = await Promise.all([1, 2, 3].map(() => Tab.open(context, server)));
  await exact.subscribe('orders/42');
  await pattern.subscribe('orders/*');
  await expect
    .poll(async () => (await server.push({ to: { topic: 'orders/42' }, data: 'paid' })).connections)
    .toBe(2);
  await expect(exact.messages().first()).toContainText('paid');
  await expect(pattern.messages().first()).toContainText('paid');
  await expect(neither.messages()).toHaveCount(0);

  await exact.page.getByRole('button', { name: 'Leave orders/42' }).click();
  await expect(exact.page.getByRole('button', { name: 'Leave orders/42' })).toHaveCount(0);
  await expect
    .poll(async () => (await server.push({ to: { topic: 'orders/42' }, data: 'shipped' })).connections)
    .toBe(1);
});

test('a reload keeps the id and the topics, and "New id" makes another', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  await tab.subscribe('news');
  await tab.page.reload();
  await tab.isLive();
  expect(await tab.id()).toBe(id);
  await expect(tab.page.getByRole('button', { name: 'Leave news' })).toBeVisible();

  await tab.page.getByRole('button', { name: 'New id' }).click();
  await expect.poll(() => tab.id()).not.toBe(id);
  const fresh = await tab.id();
  await expect
    .poll(async () => (await server.push({ to: { client: fresh }, data: 'hello again' })).connections)
    .toBe(1);
  await expect(tab.messages().first()).toContainText('hello again');
  await tab.page.reload();
  await tab.isLive();
  expect(await tab.id()).toBe(fresh);
});

test('a tab that was duplicated takes an id of its own', async ({ context, server }) => {
  const first = await Tab.open(context, server);
  const opened = context.waitForEvent('page');
  // Like "Duplicate tab", this copies the memory of the tab.
  await first.page.evaluate(() => { window.open('/'); });
  const second = new Tab(await opened);
  await second.isLive();
  expect(await second.id()).not.toBe(await first.id());
});

test('text stays text, whatever it looks like', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const evil = `<script>document.title = 'taken'</script><img src=x onerror="document.title = 'taken'"> & "quotes"`;
  await server.push({ to: { client: await tab.id() }, data: evil });
  await expect(tab.messages().first()).toContainText(evil);
  await expect(tab.messages().getByRole('img')).toHaveCount(0);
  await expect(tab.page).toHaveTitle(/Tidings/);
});

test('JSON is laid out, lines stay lines, and numbers keep their digits', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await server.push({ to: { client }, data: 'one\ntwo\r\n\nfour' });
  await server.push({ to: { client }, data: { order: 42, lines: ['a', 'b'] } });
  const texts = tab.messages();
  await expect(texts).toHaveCount(2);
  await expect(texts.first()).toContainText('{\n  "order": 42,\n  "lines": [\n    "a",\n    "b"\n  ]\n}', {
    useInnerText: true,
  });
  await expect(texts.last()).toContainText('one\ntwo\n\nfour', { useInnerText: true });
});

test('a typed message is shown by a tab that listens for its type', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await tab.page.getByLabel('Event type', { exact: true }).first().fill('order.paid');
  await tab.page.getByRole('button', { name: 'Listen', exact: true }).click();
  await expect(tab.page.getByRole('button', { name: 'Stop listening for order.paid' })).toBeVisible();
  await server.push({ to: { client }, event: 'order.sent', data: 'not asked for' });
  await server.push({ to: { client }, event: 'order.paid', data: '99.50' });
  await expect(tab.messages()).toHaveCount(1);
  await expect(tab.messages()).toContainText('order.paid');
  await expect(tab.messages()).toContainText('99.50');
});

test('the id and the command can be copied', async ({ context, server }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const tab = await Tab.open(context, server);
  await tab.page.getByRole('button', { name: 'Copy the client id' }).click();
  await expect(tab.page.getByRole('button', { name: 'Copied the client id' })).toBeVisible();
  expect(await tab.page.evaluate(() => navigator.clipboard.readText())).toBe(await tab.id());
});

test('the page holds the newest 500 messages', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  for (let n = 1; n <= 520; n++) await server.push({ to: { client }, data: `number ${n}` });
  await expect(tab.messages().first()).toContainText('number 520');
  await expect(tab.messages()).toHaveCount(500);
  await expect(tab.messages().last()).toContainText('number 21');
  await tab.page.getByRole('button', { name: 'Clear' }).click();
  await expect(tab.messages()).toHaveCount(0);
});
