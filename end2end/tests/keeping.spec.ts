// No message is lost: messages that are pushed while a tab is offline arrive later, in order and once.
import { expect, Tab, test } from '../fixtures';

test.use({ flags: ['--heartbeat', '1'] });

const numbers = (from: number, to: number) =>
  [...Array(to - from + 1).keys()].map((n) => `number ${from + n}`);

test('messages pushed while the tab was offline arrive later in order, once, and marked', { tag: '@phone' }, async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  await tab.subscribe('news');
  await tab.isLive();
  const client = await tab.id();
  await server.push({ to: { client }, data: 'number 1' });
  await expect(tab.messages()).toHaveCount(1);

  await context.setOffline(true);
  // Without a network no connection can be opened. Open connections to this machine stay until they are closed.
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
  // Live messages are not marked, and nothing is duplicated.
  await expect
    .poll(async () => (await server.push({ to: { client }, data: 'number 6' })).connections)
    .toBe(1);
  await expect(tab.messages().first()).toContainText('number 6');
  await expect(tab.messages().first()).not.toContainText('sent while disconnected');
  expect((await tab.texts()).slice(0, 5)).toEqual(numbers(1, 5));
});

test('after the server was killed all messages arrive in order and once', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  for (const data of numbers(1, 3)) await server.push({ to: { client }, data });
  await expect.poll(() => tab.texts()).toEqual(numbers(1, 3));

  await server.kill();
  await expect(tab.state()).toHaveText('Reconnecting');
  await context.setOffline(true);
  await server.start();
  // No tab is connected. The message survives another kill.
  for (const data of numbers(4, 6)) {
    expect(await server.push({ to: { client }, data })).toMatchObject({ connections: 0, queued: true });
  }
  await server.kill();
  await server.start();
  await context.setOffline(false);
  await tab.isLive();
  await expect.poll(() => tab.texts()).toEqual(numbers(1, 6));
});

test('after a reload no message is lost or duplicated', async ({ context, server }) => {
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

test('messages pushed before the first connection of a client wait for it', async ({ context, server }) => {
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

test('shown messages are acknowledged, even by a page that is closed at once', async ({ context, server }) => {
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

test('the page reports the loss of the log and continues', async ({ context, server }) => {
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

test('a recalled message disappears from the page', async ({ context, server }) => {
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

test('an ephemeral message is shown, although it has no position', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await server.push({ to: { client }, data: 'number 1' });
  await server.push({ to: { client }, data: 'number 2', ttl: 0 });
  await server.push({ to: { client }, data: 'number 3', ttl: 0 });
  await expect.poll(() => tab.texts()).toEqual(numbers(1, 3));
});
