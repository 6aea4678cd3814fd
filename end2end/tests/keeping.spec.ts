// Nothing is lost: what is pushed while a tab can't be reached is there when it can, in order and once.
import { expect, Tab, test } from '../fixtures';

test.use({ flags: ['--heartbeat', '1'] });

const numbers = (from: number, to: number) =>
  [...Array(to - from + 1).keys()].map((n) => `number ${from + n}`);

test('what was pushed while the tab was offline is there afterwards, in order, once, and marked', { tag: '@phone' }, async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  await tab.subscribe('news');
  await tab.isLive();
  const client = await tab.id();
  await server.push({ to: { client }, data: 'number 1' });
  await expect(tab.messages()).toHaveCount(1);

  await context.setOffline(true);
  // Without a network nothing new can be opened; what is open to this very machine stays until it is cut.
  await server.disconnect(client);
  await expect(tab.state()).toHaveText('Offline');
  await server.push({ to: { client }, data: 'number 2' });
  await server.push({ to: 'everyone', data: 'number 3' });
  await server.push({ to: { topic: 'news' }, data: 'number 4' });
  await server.push({ to: { client }, data: 'number 5' });
  await context.setOffline(false);
  await tab.isLive();

  await expect.poll(() => tab.texts()).toEqual(numbers(1, 5));
  await expect(tab.messages().filter({ hasText: 'sent while disconnected' })).toHaveCount(4);
  await expect(tab.messages().last()).not.toContainText('sent while disconnected');
  // What happens now is not marked, and nothing came twice.
  await expect
    .poll(async () => (await server.push({ to: { client }, data: 'number 6' })).connections)
    .toBe(1);
  await expect(tab.messages().first()).toContainText('number 6');
  await expect(tab.messages().first()).not.toContainText('sent while disconnected');
  expect((await tab.texts()).slice(0, 5)).toEqual(numbers(1, 5));
});

test('a server that was killed in the middle brings all of it, in order and once', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  for (const data of numbers(1, 3)) await server.push({ to: { client }, data });
  await expect.poll(() => tab.texts()).toEqual(numbers(1, 3));

  await server.kill();
  await expect(tab.state()).toHaveText('Reconnecting');
  await context.setOffline(true);
  await server.start();
  // Nobody is there; it is kept over another power cut.
  for (const data of numbers(4, 6)) {
    expect(await server.push({ to: { client }, data })).toMatchObject({ connections: 0, queued: true });
  }
  await server.kill();
  await server.start();
  await context.setOffline(false);
  await tab.isLive();
  await expect.poll(() => tab.texts()).toEqual(numbers(1, 6));
});

test('a reload goes on where the page was: nothing twice, nothing lost', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await tab.subscribe('news');
  await tab.isLive();
  await expect
    .poll(async () => (await server.push({ to: { topic: 'news' }, data: 'number 1' })).connections)
    .toBe(1);
  await server.push({ to: { client }, data: 'number 2' });
  await expect(tab.messages().first()).toContainText('number 2');

  await tab.page.goto('about:blank');
  await server.push({ to: { client }, data: 'number 3' });
  await server.push({ to: { topic: 'news' }, data: 'number 4' });
  await tab.page.goBack();
  await tab.isLive();
  expect(await tab.id()).toBe(client);
  await expect.poll(() => tab.texts()).toEqual(numbers(3, 4));

  await tab.page.reload();
  await tab.isLive();
  await server.push({ to: { client }, data: 'number 5' });
  await expect.poll(() => tab.texts()).toEqual(['number 5']);
});

test('what was pushed to a client before it ever came waits for it', async ({ context, server }) => {
  const page = await context.newPage();
  const client = '6f1e1c1e-9a34-4f0a-8d5b-6f2f3f1f7c52';
  for (const data of numbers(1, 2)) await server.push({ to: { client }, data });
  await page.addInitScript((id) => sessionStorage.setItem('tidings.client_id', id), client);
  await page.goto(server.url);
  const tab = new Tab(page);
  await tab.isLive();
  await expect.poll(() => tab.texts()).toEqual(numbers(1, 2));
  await expect(tab.messages().filter({ hasText: 'sent while disconnected' })).toHaveCount(2);
});

test('what a page has shown is acknowledged, also by a page that is left at once', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  const fate = async (id: string) => (await server.message(id)).recipients[0].receipt;
  const first = await server.push({ to: { client }, data: 'read me' });
  await expect.poll(() => fate(first.id)).toBe('acknowledged');

  const second = await server.push({ to: { client }, data: 'and me' });
  await expect(tab.messages().first()).toContainText('and me');
  await tab.page.goto('about:blank');
  await expect.poll(() => fate(second.id)).toBe('acknowledged');
});

test('a log that is gone is told by a line, and the tab goes on', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await server.push({ to: { client }, data: 'number 1' });
  await expect(tab.messages()).toHaveCount(1);
  await server.kill();
  await server.loseData();
  await server.start();
  await tab.isLive();
  await expect(tab.messages().first()).toContainText('The server does not have the log that this page was reading');
  await server.push({ to: { client }, data: 'number 2' });
  await expect(tab.messages().first()).toContainText('number 2');
  await expect(tab.messages()).toHaveCount(3);
});

test('a message that is taken back disappears from the page that shows it', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  const { id } = await server.push({ to: { client }, data: 'a slip of the tongue' });
  await server.push({ to: { client }, data: 'well said' });
  await expect(tab.messages()).toHaveCount(2);
  await server.recall(id);
  await expect(tab.messages().last()).toContainText('recalled this message');
  await expect(tab.page.getByText('a slip of the tongue')).toHaveCount(0);
  await expect(tab.messages().first()).toContainText('well said');

  await tab.page.reload();
  await tab.isLive();
  await server.push({ to: { client }, data: 'afterwards' });
  await expect.poll(() => tab.texts()).toEqual(['afterwards']);
});

test('an ephemeral message is shown, although it has no place', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await server.push({ to: { client }, data: 'number 1' });
  await server.push({ to: { client }, data: 'number 2', ttl: 0 });
  await server.push({ to: { client }, data: 'number 3', ttl: 0 });
  await expect.poll(() => tab.texts()).toEqual(numbers(1, 3));
});
