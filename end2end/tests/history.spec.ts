// The history section of the panel.
import { execFileSync } from 'node:child_process';
import { changesOf, countChanges, resetChanges } from '../changes';
import { expect, Tab, test } from '../fixtures';
import { entries, entry, hasEntries, isLive, openEntry, openPanel, push, rowOf } from '../panel';

test('receipts in the panel change from waiting to acknowledged', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server, '/messages');
  const client = '6f1e1c1e-9a34-4f0a-8d5b-6f2f3f1f7c52';
  await server.push({ to: { client }, data: 'are you there?' });
  const about = entry(panel, 'are you there?');
  await expect(about).toContainText('1 waiting');
  const details = await openEntry(panel, 'are you there?');
  await expect(details.getByRole('list', { name: 'Recipients' })).toContainText('waiting');

  const page = await context.newPage();
  await page.addInitScript((id) => sessionStorage.setItem('tidings.client_id', id), client);
  await page.goto(server.url);
  await expect(new Tab(page).messages()).toContainText('are you there?');
  await expect(details.getByRole('list', { name: 'Recipients' })).toContainText('acknowledged');
  await expect(details).toContainText('1 acknowledged');
  await details.getByRole('button', { name: 'Close' }).click();
  await expect(about).toContainText('1 acknowledged');
});

test('a message to an offline client waits and is delivered when the client connects', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  const panel = await openPanel(context, server, '/clients', `?client=${client}`);
  const card = panel.getByRole('region', { name: client });
  await tab.page.goto('about:blank');
  await expect(card).toContainText('Offline');
  await expect(rowOf(panel, client)).toHaveCount(0);

  await panel.getByRole('link', { name: 'Push to this client' }).click();
  await panel.getByLabel('Data').fill('for when you are back');
  await panel.getByLabel('Time to live (seconds)').fill('3600');
  await push(panel);
  await expect(panel.getByText('The client is offline. The message is queued for it.')).toBeVisible();
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('1 waiting');

  await panel.goBack();
  await expect(card).toContainText('1 message');
  await tab.page.goBack();
  await tab.isLive();
  await expect(tab.messages()).toContainText('for when you are back');
  await expect(card).toContainText('none');
  await expect(card).toContainText('Online');
  await expect(card.getByRole('list', { name: 'Connections' })).toContainText('up to date');
});

test('the history can be filtered by audience, type and text', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server, '/messages');
  await server.push({ to: { client: 'ada' }, data: 'apples for ada' });
  await server.push({ to: { client: 'bea' }, data: 'pears for bea', event: 'fruit' });
  await server.push({ to: { topic: 'news' }, data: 'apples in the news' });
  await server.push({ to: 'everyone', data: 'good morning' });
  await expect(entries(panel)).toHaveCount(4);
  await expect(entries(panel).first()).toContainText('good morning');

  const audience = panel.getByLabel('Audience', { exact: true });
  await audience.selectOption('To clients');
  await expect(entries(panel)).toHaveCount(2);
  await audience.selectOption('To topics');
  await expect(entries(panel)).toHaveText([/apples in the news/]);
  await audience.selectOption('To one client');
  await panel.getByLabel('Client id or topic').fill('bea');
  await expect(entries(panel)).toHaveText([/pears for bea/]);
  await audience.selectOption('Any audience');
  await panel.getByLabel('Filter by text').fill('apples');
  await expect(entries(panel)).toHaveCount(2);
  // New messages appear if they match the filter.
  await server.push({ to: 'everyone', data: 'no fruit' });
  await server.push({ to: 'everyone', data: 'more apples' });
  await expect(entries(panel)).toHaveCount(3);
  await expect(entries(panel).first()).toContainText('more apples');
  await panel.getByLabel('Filter by text').fill('');
  await panel.getByLabel('Filter by event type').fill('fruit');
  await expect(entries(panel)).toHaveText([/pears for bea/]);
  await expect(panel).toHaveURL(/\/admin\/messages\?type=fruit$/);
  await panel.reload();
  await expect(panel.getByLabel('Filter by event type')).toHaveValue('fruit');
  await expect(entries(panel)).toHaveText([/pears for bea/]);
  await panel.getByLabel('Filter by event type').fill('nothing-like-it');
  await expect(panel.getByText('No message matches.')).toBeVisible();
  await panel.getByRole('button', { name: 'Clear the filters' }).click();
  await expect(entries(panel)).toHaveCount(6);
});

test('older messages are on the next page', { tag: '@phone' }, async ({ context, server }) => {
  for (let n = 1; n <= 60; n++) await server.push({ to: { client: 'ada' }, data: `number ${n}` });
  const panel = await openPanel(context, server, '/messages');
  await hasEntries(panel, 50);
  await panel.getByRole('button', { name: 'Older messages' }).click();
  await hasEntries(panel, 60);
  await expect(panel.getByRole('button', { name: 'Older messages' })).toHaveCount(0);
  await panel.keyboard.press('j');
  await panel.keyboard.press('End');
  await expect(entries(panel).last()).toContainText('number 1');
  await expect(entries(panel).last()).toBeFocused();
});

test('a full list says how older messages are listed, and has only the rows in the page that can be seen', async ({ context, server }) => {
  const line = (n: number) => JSON.stringify({ to: 'everyone', data: `number ${n}.` });
  const body = Array.from({ length: 520 }, (_, n) => line(n)).join('\n');
  await fetch(`${server.url}/push/batch`, { method: 'POST', headers: { 'Content-Type': 'application/x-ndjson' }, body });
  const panel = await context.newPage();
  await countChanges(panel);
  await panel.goto(`${server.url}/admin/messages`);
  await isLive(panel);
  await hasEntries(panel, 50);
  // The cost of loading the page is not part of this test.
  await resetChanges(panel);
  const older = panel.getByRole('button', { name: 'Older messages' });
  for (let count = 100; count <= 500; count += 50) {
    await older.press('Enter');
    await hasEntries(panel, count);
  }
  await expect(older).toHaveCount(0);
  await expect(panel.getByText('Only the newest 500 are listed.')).toBeVisible();

  await panel.keyboard.press('j');
  await expect(entry(panel, 'number 519.')).toBeFocused();
  await panel.keyboard.press('End');
  const last = entry(panel, 'number 20.');
  await expect(last).toBeFocused();
  await expect(last).toBeInViewport();
  await expect(last).toHaveAttribute('aria-rowindex', '500');
  expect(await entries(panel).count(), 'rows in the page').toBeLessThan(60);
  // What has the focus stays in the page, wherever the list is scrolled to.
  await panel.evaluate(() => window.scrollTo(0, 0));
  await expect(entry(panel, 'number 519.')).toBeInViewport();
  await expect(last).toBeFocused();
  await panel.keyboard.press('ArrowUp');
  await expect(entry(panel, 'number 21.')).toBeFocused();
  await expect(entry(panel, 'number 21.')).toBeInViewport();
  expect((await changesOf(panel)).mostNodes, 'nodes that one task changes').toBeLessThan(500);
});

test('the list keeps its place while messages are pushed', { tag: '@phone' }, async ({ context, server }) => {
  for (let n = 1; n <= 50; n++) await server.push({ to: 'everyone', data: `number ${n}.` });
  const panel = await openPanel(context, server, '/messages');
  await hasEntries(panel, 50);
  await panel.keyboard.press('j');
  await panel.keyboard.press('End');
  const row = entry(panel, 'number 1.');
  await expect(row).toBeFocused();
  await expect(row).toBeInViewport();
  const place = async () => (await row.boundingBox())?.y ?? 0;
  const before = await place();
  for (let n = 51; n <= 60; n++) await server.push({ to: 'everyone', data: `number ${n}.` });
  await hasEntries(panel, 60);
  await expect.poll(async () => Math.abs((await place()) - before)).toBeLessThanOrEqual(1);
});

test('a message is recalled after a confirmation', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server, '/messages');
  const tab = await Tab.open(context, server);
  await server.push({ to: { client: await tab.id() }, data: { total: 995 } });
  await expect(tab.messages()).toContainText('995');
  const details = await openEntry(panel, '995');
  await details.getByRole('button', { name: 'Recall' }).click();
  await expect(tab.messages()).toContainText('995');
  await details.getByRole('button', { name: 'Recall permanently?' }).click();
  await expect(tab.messages()).toContainText('recalled this message');
  await expect(tab.page.getByText('995')).toHaveCount(0);
  await expect(details).toContainText('recalled');
  await details.getByRole('button', { name: 'Close' }).click();
  await expect(entries(panel)).toHaveText([/recalled/]);
  await expect(entries(panel)).not.toContainText('995');
  await expect(panel.getByText('Pages that show the message remove it.')).toBeVisible();
});

test('a message can be pushed again, unchanged or edited', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await server.push({ to: { client }, data: { total: 995 }, event: undefined });
  const panel = await openPanel(context, server, '/messages');
  await entry(panel, '995').hover();
  await entry(panel, '995').getByRole('link', { name: 'Push again' }).click();
  await expect(panel.getByLabel('Client id', { exact: true })).toHaveValue(client);
  await expect(panel.getByRole('radio', { name: 'JSON' })).toBeChecked();
  await expect(panel.getByLabel('Data')).toHaveValue(/995/);
  await panel.getByLabel('Data').fill('{"total": 99.5}');
  await push(panel);
  await expect(tab.messages().first()).toContainText('99.5');
});

test('a push can be copied as a shell command that pushes it', async ({ context, server }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await server.push({ to: { client: 'ada' }, data: { says: "it's 5 o'clock", costs: '$9' }, event: 'tea' });
  const panel = await openPanel(context, server, '/messages');
  await entry(panel, 'clock').hover();
  await entry(panel, 'clock').getByRole('button', { name: 'Copy as curl' }).click();
  await expect(panel.getByText('Copied as curl.')).toBeVisible();
  const line = await panel.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(execFileSync('sh', ['-c', `${line.replace('curl', 'curl -s')}`]).toString()).queued).toBe(true);
  await expect(entry(panel, 'clock')).toHaveCount(2);
});

test('the delivery counts of a message to a topic update live', async ({ context, server }) => {
  const tabs = [await Tab.open(context, server), await Tab.open(context, server)];
  for (const tab of tabs) await tab.subscribe('news');
  const panel = await openPanel(context, server, '/messages');
  await server.push({ to: { topic: 'news' }, data: 'to both' });
  await expect(entry(panel, 'to both')).toContainText('2 of 2 sent', { timeout: 20_000 });
});

test('a failed load of the history shows the reason and can be retried', async ({ context, server }) => {
  const panel = await context.newPage();
  let broken = true;
  await panel.route('**/api/messages?*', (route) => (broken ? route.abort() : route.continue()));
  await panel.goto(`${server.url}/admin/messages`);
  // Once it is live, only the retry button loads again.
  await isLive(panel);
  await expect(panel.getByRole('alert')).toContainText('The history could not be loaded');
  broken = false;
  await panel.getByRole('button', { name: 'Try again' }).click();
  await expect(panel.getByText('No messages have been pushed yet')).toBeVisible();
});
