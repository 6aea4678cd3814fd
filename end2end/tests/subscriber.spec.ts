// The subscriber page.
import { expect, Tab, test } from '../fixtures';

test('three tabs have three ids, and a push to one is delivered to no other', { tag: '@phone' }, async ({ context, server }) => {
  const tabs = await Promise.all([1, 2, 3].map(() => Tab.open(context, server)));
  const ids = await Promise.all(tabs.map((tab) => tab.id()));
  expect(new Set(ids).size).toBe(3);

  const answer = await server.push({ to: { client: ids[1] }, data: 'for the second' });
  expect(answer.connections).toBe(1);
  await expect(tabs[1].messages()).toHaveText(/for the second/);

  // Messages are ordered, so a tab that has this one has received all earlier ones.
  await server.push({ to: 'everyone', data: 'the last' });
  for (const tab of tabs) await expect(tab.messages().first()).toContainText('the last');
  await expect(tabs[0].messages()).toHaveCount(1);
  await expect(tabs[1].messages()).toHaveCount(2);
  await expect(tabs[2].messages()).toHaveCount(1);
});

test('tabs get messages of their topics and patterns until they unsubscribe', { tag: '@phone' }, async ({ context, server }) => {
  const [exact, pattern, neither] = await Promise.all([1, 2, 3].map(() => Tab.open(context, server)));
  await exact.subscribe('orders/42');
  await pattern.subscribe('orders/*');
  await expect
    .poll(async () => (await server.push({ to: { topic: 'orders/42' }, data: 'paid' })).connections)
    .toBe(2);
  await expect(exact.messages().first()).toContainText('paid');
  await expect(pattern.messages().first()).toContainText('paid');
  await expect(neither.messages()).toHaveCount(0);
  await expect(pattern.messages().first()).toContainText('orders/42');

  await exact.page.getByRole('button', { name: 'Unsubscribe from orders/42' }).click();
  await expect(exact.page.getByRole('button', { name: 'Unsubscribe from orders/42' })).toHaveCount(0);
  await expect
    .poll(async () => (await server.push({ to: { topic: 'orders/42' }, data: 'shipped' })).connections)
    .toBe(1);
});

test('a reload keeps the id and the topics, and "New id" creates another id', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  await tab.subscribe('news');
  await tab.page.reload();
  await tab.isLive();
  expect(await tab.id()).toBe(id);
  await expect(tab.page.getByRole('button', { name: 'Unsubscribe from news' })).toBeVisible();

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

test('a duplicated tab gets its own id', async ({ context, server }) => {
  const first = await Tab.open(context, server);
  const opened = context.waitForEvent('page');
  // Like "Duplicate tab", this copies the session storage of the tab.
  await first.page.evaluate(() => { window.open('/'); });
  const second = new Tab(await opened);
  await second.isLive();
  expect(await second.id()).not.toBe(await first.id());
});

test('text is never interpreted as HTML', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const evil = `<script>document.title = 'taken'</script><img src=x onerror="document.title = 'taken'"> & "quotes"`;
  await server.push({ to: { client: await tab.id() }, data: evil });
  await expect(tab.messages().first()).toContainText(evil);
  await expect(tab.messages().getByRole('img')).toHaveCount(0);
  await expect(tab.page).toHaveTitle(/Tidings/);
});

test('JSON is indented, line ends are kept, and numbers keep their digits', { tag: '@phone' }, async ({ context, server }) => {
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

test('messages can be filtered by topic', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await tab.subscribe('orders/*');
  await expect
    .poll(async () => (await server.push({ to: { topic: 'orders/42' }, data: 'paid' })).connections)
    .toBe(1);
  await server.push({ to: { topic: 'orders/43' }, data: 'sent', ttl: 0 });
  await server.push({ to: { client }, data: 'for you' });
  await expect(tab.messages().first()).toContainText('for you');
  await tab.page.getByLabel('Show topic').selectOption('orders/43');
  await expect(tab.messages()).toHaveText([/orders\/43.*sent/]);
  await tab.page.getByLabel('Show topic').selectOption('All topics');
  await expect(tab.messages().first()).toContainText('for you');
});

test('messages of all types arrive, and can be filtered by type and text', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await server.push({ to: { client }, data: 'Tea is here' });
  await server.push({ to: { client }, event: 'order.paid', data: 'tea, 99.50' });
  await server.push({ to: { client }, event: 'order.sent', data: 'coffee' });
  await expect(tab.messages()).toHaveCount(3);
  await tab.page.getByLabel('Show type').selectOption('order.paid');
  await expect(tab.messages()).toHaveCount(1);
  await expect(tab.messages()).toContainText('order.paid');
  await expect(tab.messages()).toContainText('99.50');
  await tab.page.getByLabel('Show type').selectOption('All types');
  await tab.page.getByLabel('Search the messages').fill('TEA');
  await expect(tab.messages()).toHaveText([/tea, 99.50/, /Tea is here/]);
  await tab.page.getByLabel('Search the messages').fill('milk');
  await expect(tab.page.getByText('No message matches')).toBeVisible();
  await tab.page.getByRole('button', { name: 'Show all' }).click();
  await expect(tab.messages()).toHaveCount(3);
  await expect(tab.page.getByLabel('Search the messages')).toHaveValue('');
});

test('long JSON is folded until it is opened', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const lines = [...Array(30).keys()].map((n) => ({ line: n }));
  await server.push({ to: { client: await tab.id() }, data: { order: 42, lines } });
  await expect(tab.messages().locator('summary')).toContainText('{"order":42,"lines":[{"line":0}');
  await expect(tab.messages().locator('pre')).toBeHidden();
  await tab.messages().locator('summary').click();
  await expect(tab.messages().locator('pre')).toContainText('{\n  "order": 42,\n  "lines": [', { useInnerText: true });
});

test('pinned messages stay at the top and are not cleared, and clearing can be undone', { tag: '@phone' }, async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  for (const data of ['one', 'two', 'three']) await server.push({ to: { client }, data });
  await expect(tab.messages()).toHaveText([/three/, /two/, /one/]);
  await tab.messages().filter({ hasText: 'one' }).getByRole('button', { name: 'Pin to the top' }).click();
  await expect(tab.messages()).toHaveText([/one/, /three/, /two/]);
  await tab.page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(tab.messages()).toHaveText([/one/]);
  await server.push({ to: { client }, data: 'four' });
  await expect(tab.messages()).toHaveText([/one/, /four/]);
  await tab.page.getByRole('button', { name: 'Undo clearing 2 messages' }).click();
  await expect(tab.messages()).toHaveText([/one/, /four/, /three/, /two/]);
  await expect(tab.page.getByRole('button', { name: /Undo/ })).toHaveCount(0);
});

/** Simulates that the user switches to another tab, or back. */
async function look(tab: Tab, away: boolean): Promise<void> {
  await tab.page.evaluate((away) => {
    Object.defineProperty(document, 'hidden', { value: away, configurable: true });
    Object.defineProperty(document, 'visibilityState', { value: away ? 'hidden' : 'visible', configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, away);
}

test('messages that arrive while the tab is hidden are counted in the title and marked', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await server.push({ to: { client }, data: 'seen' });
  await expect(tab.messages()).toHaveCount(1);
  await look(tab, true);
  for (const data of ['one', 'two']) await server.push({ to: { client }, data });
  await expect(tab.page).toHaveTitle('(2) Subscriber \u00b7 Tidings');
  await look(tab, false);
  await expect(tab.page).toHaveTitle('Subscriber \u00b7 Tidings');
  await expect(tab.messages()).toHaveText([/new.*two/s, /new.*one/s, /seen/]);
  await look(tab, true);
  await expect(tab.messages().getByText('new', { exact: true })).toHaveCount(0);
});

test.describe('notifications', () => {
  /** Replaces the notifications of the browser, which are not shown in tests. */
  const pretend = (answer: string) => (context: any) =>
    context.addInitScript((answer: string) => {
      const page = globalThis as any;
      page.asked = 0;
      page.shown = [];
      page.withdrawn = [];
      page.Notification = class {
        constructor(title: string, private options: { body: string; tag: string }) {
          page.shown.push(`${title}: ${options.body}`);
          page.tags = [...(page.tags ?? []), options.tag];
        }
        close() { page.withdrawn.push(this.options.body); }
        static async requestPermission() { page.asked++; return answer; }
      };
    }, answer);

  test('need a permission when they are turned on, and appear only while the tab is hidden', async ({ context, server }) => {
    await pretend('granted')(context);
    const tab = await Tab.open(context, server);
    const client = await tab.id();
    const shown = () => tab.page.evaluate(() => (globalThis as any).shown);
    expect(await tab.page.evaluate(() => (globalThis as any).asked)).toBe(0);
    const wish = tab.page.getByRole('switch', { name: /Notify me/ });
    await wish.check();
    await expect.poll(() => tab.page.evaluate(() => (globalThis as any).asked)).toBe(1);
    await server.push({ to: { client }, data: 'looked at' });
    await expect(tab.messages()).toHaveCount(1);
    await look(tab, true);
    await server.push({ to: { client }, data: 'not urgent', urgency: 'low' });
    await server.push({ to: { client }, event: 'order.paid', data: '99.50' });
    await expect.poll(shown).toEqual(['order.paid: 99.50']);
    await look(tab, false);
    await tab.page.reload();
    await expect(wish).toBeChecked();
    await wish.uncheck();
    await look(tab, true);
    await server.push({ to: { client }, data: 'quietly' });
    await expect(tab.messages()).toContainText(['quietly']);
    expect(await shown()).toEqual([]);
  });

  test('are one for each topic, with the number of its messages, and go when the tab is seen', async ({ context, server }) => {
    await pretend('granted')(context);
    const tab = await Tab.open(context, server);
    const client = await tab.id();
    await tab.subscribe('orders/42');
    const told = () => tab.page.evaluate(() => (globalThis as any).shown);
    await tab.page.getByRole('switch', { name: /Notify me/ }).check();
    await expect.poll(() => tab.page.evaluate(() => (globalThis as any).asked)).toBe(1);
    await look(tab, true);
    await server.push({ to: { topic: 'orders/42' }, event: 'order.paid', data: 'a' });
    await server.push({ to: { client }, data: 'b' });
    await server.push({ to: { topic: 'orders/42' }, data: 'c\u202e' });
    await server.push({ to: { client }, data: 'd' });
    await expect.poll(told).toEqual(['order.paid: a', 'Tidings: b', '2 new in orders/42: c\\u202E', '2 new messages: d']);
    const tags = await tab.page.evaluate(() => (globalThis as any).tags);
    expect(tags[0]).toBe(tags[2]);
    expect(tags[1]).toBe(tags[3]);
    expect(tags[0]).not.toBe(tags[1]);
    await look(tab, false);
    await expect.poll(() => tab.page.evaluate(() => (globalThis as any).withdrawn)).toEqual(['c\\u202E', 'd']);
    // The count begins anew.
    await look(tab, true);
    await server.push({ to: { topic: 'orders/42' }, data: 'e' });
    await expect.poll(told).toContain('Tidings: e');
  });

  test('that the browser refuses turn the switch off and say so', async ({ context, server }) => {
    await pretend('denied')(context);
    const tab = await Tab.open(context, server);
    const wish = tab.page.getByRole('switch', { name: /Notify me/ });
    await wish.click();
    await expect(tab.page.getByText('The browser does not allow notifications from this page.')).toBeVisible();
    await expect(wish).not.toBeChecked();
  });
});

test('tabs that share one connection have one id, and each shows all messages', async ({ context, server }) => {
  const first = await Tab.open(context, server);
  const id = await first.id();
  await first.page.getByRole('switch', { name: /Share one connection/ }).check();
  await first.isLive();
  const others: Tab[] = [];
  for (let n = 0; n < 7; n++) others.push(await Tab.open(context, server));
  for (const tab of others) expect(await tab.id()).toBe(id);
  await server.push({ to: { client: id }, data: 'for all' });
  for (const tab of [first, ...others]) await expect(tab.messages()).toHaveText([/for all/]);
  const connections = async () => (await (await fetch(`${server.url}/api/clients/${id}`)).json()).connections;
  expect(await connections()).toHaveLength(1);

  await others[0].page.getByRole('switch', { name: /Share one connection/ }).uncheck();
  await expect.poll(async () => (await connections()).length).toBe(2);
  const fresh = await Tab.open(context, server);
  expect(await fresh.id()).not.toBe(id);
});

test('the id and the command can be copied', async ({ context, server }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const tab = await Tab.open(context, server);
  await tab.page.getByRole('button', { name: 'Copy the client id' }).click();
  await expect(tab.page.getByRole('button', { name: 'Copied the client id' })).toBeVisible();
  expect(await tab.page.evaluate(() => navigator.clipboard.readText())).toBe(await tab.id());
});
