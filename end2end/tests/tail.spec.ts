// The live tail of the panel.
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { isAccessible, look } from '../looks';
import { goTo, isLive, openPanel, opened, signIn } from '../panel';

const rows = (panel: Page) => panel.getByRole('list', { name: 'Messages as they are pushed' }).getByRole('listitem');

test('everything that is pushed is shown as it happens', { tag: '@phone' }, async ({ context, server }, info) => {
  await server.push({ to: 'everyone', data: 'earlier' });
  const panel = await openPanel(context, server, '/tail');
  await expect(panel.getByText('Waiting for messages')).toBeVisible();
  await look(panel, `tail-empty-${info.project.name}`);
  await server.listen('bob', 'news');
  const kept = await server.push({ to: { client: 'ada' }, data: { order: 42 }, event: 'paid' });
  await server.push({ to: { topic: 'news' }, data: 'tick', ttl: 0 });
  await server.push({ to: 'everyone', data: 'x'.repeat(5000) });
  await expect(rows(panel)).toHaveCount(3);
  await expect(rows(panel).nth(2)).toContainText('ada');
  await expect(rows(panel).nth(2)).toContainText('paid');
  await expect(rows(panel).nth(2)).toContainText('{"order":42}');
  await expect(rows(panel).nth(1)).toContainText('not kept');
  await expect(rows(panel).nth(1)).toContainText('1 connection');
  expect((await rows(panel).nth(0).innerText()).length).toBeLessThan(400);
  await look(panel, `tail-${info.project.name}`);
  await isAccessible(panel);
  // A row leads to the message.
  await rows(panel).nth(2).getByRole('link').click();
  await expect(opened(panel).locator('pre')).toContainText('42');
  await expect(panel).toHaveURL(new RegExp(`message=${kept.id}$`));
});

test('the tail is filtered by topic pattern, client and type, as the URL says', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server, '/tail', '?topic=orders%2F*');
  const topic = panel.getByLabel('Only this topic or pattern');
  await expect(topic).toHaveValue('orders/*');
  const all = async () => {
    await server.push({ to: { topic: 'orders/1' }, data: 'order', event: 'paid' });
    await server.push({ to: { topic: 'news' }, data: 'news' });
    await server.push({ to: { clients: ['ada', 'bob'] }, data: 'for ada', event: 'paid' });
    await server.push({ to: { topic: 'orders/2' }, data: 'last order' });
  };
  await all();
  await expect(rows(panel)).toHaveText([/last order/, /order/]);
  await panel.getByLabel('Only this client').fill('ada');
  await expect(panel).toHaveURL(/client=ada/);
  await all();
  await expect(rows(panel)).toHaveText([/last order/, /for ada/, /order/, /last order/, /order/]);
  await panel.getByLabel('Only this event type').fill('paid');
  await expect(rows(panel)).toHaveText([/for ada/, /order/, /order/]);
  await expect(panel).toHaveURL(/\/admin\/tail\?topic=orders%2F\*?.*&client=ada&type=paid$/);
  await panel.getByRole('button', { name: 'Clear' }).click();
  await expect(panel.getByText('Waiting for messages')).toBeVisible();
});

test('a paused tail says how much has arrived, and goes on with it', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server, '/tail');
  await server.push({ to: 'everyone', data: 'before' });
  await expect(rows(panel)).toHaveText([/before/]);
  await panel.keyboard.press('p');
  await expect(panel.getByText('Paused. 0 messages have arrived since.')).toBeVisible();
  for (const data of ['one', 'two']) await server.push({ to: 'everyone', data });
  await expect(panel.getByText('Paused. 2 messages have arrived since.')).toBeVisible();
  await expect(rows(panel)).toHaveText([/before/]);
  await panel.keyboard.press(' ');
  await expect(rows(panel)).toHaveText([/two/, /one/, /before/]);
  await panel.getByRole('button', { name: 'Pause' }).click();
  await expect(panel.getByRole('button', { name: 'Go on' })).toBeVisible();
  // A key that is typed is not a command.
  await panel.getByLabel('Only this event type').pressSequentially('p p');
  await expect(panel.getByRole('button', { name: 'Go on' })).toBeVisible();
});

test('what was missed while the stream was lost is listed', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/tail');
  await server.push({ to: 'everyone', data: 'before' });
  await expect(rows(panel)).toHaveText([/before/]);
  await panel.route('**/sse?*', (route) => route.abort());
  await server.kill();
  await expect(rows(panel).first()).toContainText('The stream was lost.');
  await server.start();
  for (const data of ['one', 'two']) await server.push({ to: 'everyone', data });
  await panel.unroute('**/sse?*');
  await isLive(panel);
  await expect(rows(panel)).toHaveText([/2 messages were missed and are listed/, /two/, /one/, /The stream was lost/, /before/]);
  await expect(rows(panel).first()).toContainText("Messages that are not stored (ttl 0) can't be listed later.");
  await server.push({ to: 'everyone', data: 'after' });
  await expect(rows(panel).first()).toContainText('after');
});

test('the newest 500 messages are kept', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/tail');
  const lines = Array.from({ length: 600 }, (_, n) => JSON.stringify({ to: 'everyone', data: `number ${n + 1}.` }));
  const answer = await fetch(`${server.url}/push/batch`, { method: 'POST', headers: { 'Content-Type': 'application/x-ndjson' }, body: lines.join('\n') });
  expect(answer.ok).toBe(true);
  await answer.text();
  await expect(rows(panel).first()).toContainText('number 600.');
  await expect(rows(panel)).toHaveCount(500);
  await expect(panel.getByText('The newest 500 are shown.')).toBeVisible();
});

test.describe('with a token', () => {
  const token = 'an-admin-token-for-tests';
  test.use({ flags: ['--admin-token', token] });

  test('who may not read everything is told so', async ({ page, server }) => {
    const made = await fetch(`${server.url}/api/keys`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify({ name: 'shop', role: 'viewer', topics: ['orders/**'] }),
    });
    const { key } = await made.json();
    await signIn(page, server, key);
    await goTo(page, 'Live tail');
    await expect(page.getByText('Only who may read everything')).toBeVisible();
  });
});
