// The clients section of the panel.
import { changesOf, countChanges, resetChanges } from '../changes';
import { expect, Tab, test } from '../fixtures';
import { look } from '../looks';
import { clients, entry, goTo, isLive, openPanel, push, rowOf } from '../panel';

test('the list updates as tabs open, subscribe and close', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server, '/clients');
  await expect(panel.getByText('No client is connected')).toBeVisible();
  const [first, second] = [await Tab.open(context, server), await Tab.open(context, server)];
  await expect(rowOf(panel, await first.id())).toBeVisible();
  const row = rowOf(panel, await second.id());
  await expect(row).toContainText('127.0.0.1');
  await expect(panel.getByRole('heading', { name: '2 clients' })).toBeVisible();

  await second.subscribe('orders/42');
  await expect(row.getByText('orders/42')).toBeVisible();

  await second.page.close();
  await expect(row).toHaveCount(0);
  await expect(rowOf(panel, await first.id())).toBeVisible();
  await expect(panel.getByRole('heading', { name: '1 client', exact: true })).toBeVisible();
});

test('a search by id or topic is stored in the URL and survives a reload', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/clients');
  const [first, second] = [await Tab.open(context, server), await Tab.open(context, server)];
  await second.subscribe('orders/42');
  await panel.getByLabel('Search clients').fill('ORDERS');
  await expect(rowOf(panel, await second.id())).toBeVisible();
  await expect(rowOf(panel, await first.id())).toHaveCount(0);
  await expect(panel).toHaveURL(/\/admin\/clients\?q=ORDERS$/);
  await panel.reload();
  await expect(panel.getByLabel('Search clients')).toHaveValue('ORDERS');
  await expect(rowOf(panel, await second.id())).toBeVisible();
  await expect(rowOf(panel, await first.id())).toHaveCount(0);
  await panel.getByLabel('Search clients').fill('nobody has this');
  await expect(panel.getByText('No client matches')).toBeVisible();
});

test('offline clients are listed under all clients with their details', async ({ context, server }) => {
  await server.push({ to: { client: 'ada' }, data: 'for when you come' });
  const panel = await openPanel(context, server, '/clients');
  await panel.getByLabel('Search clients').fill('ada');
  await panel.getByRole('button', { name: 'Also search offline clients' }).click();
  await panel.getByRole('button', { name: 'Details of ada' }).click();
  const card = panel.getByRole('region', { name: 'ada' });
  await expect(card).toContainText('Never connected');
  await expect(card).toContainText('1 message');
  await expect(panel).toHaveURL(/client=ada/);
  await card.getByRole('link', { name: 'Messages for this client' }).click();
  await expect(panel.getByRole('heading', { level: 1, name: 'Messages' })).toBeVisible();
  await expect(entry(panel, 'for when you come')).toBeVisible();
  await goTo(panel, 'Clients');
  await expect(panel.getByLabel('Search clients')).toHaveValue('ada');
  await expect(card).toBeVisible();
});

test('the details of a client list its connections and update live', { tag: '@phone' }, async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  const panel = await openPanel(context, server, '/clients');
  await panel.getByRole('button', { name: `Details of ${id}` }).click();
  const card = panel.getByRole('region', { name: id });
  await expect(card).toContainText('Online');
  await expect(card.getByRole('list', { name: 'Connections' }).getByRole('listitem')).toHaveCount(1);
  await tab.subscribe('orders/42');
  await expect(card.getByRole('list', { name: 'Connections' })).toContainText('orders/42');
  await tab.page.goto('about:blank');
  await expect(card).toContainText('Offline');
  await expect(card).toContainText('closed by the client');
  await panel.keyboard.press('Escape');
  await expect(card).toHaveCount(0);
});

test('a client is disconnected after a confirmation, and its page reconnects', { tag: '@phone' }, async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  const panel = await openPanel(context, server, '/clients', `?client=${id}`);
  const card = panel.getByRole('region', { name: id });
  await card.getByRole('button', { name: 'Disconnect' }).click();
  await card.getByRole('button', { name: 'Cancel' }).click();
  await tab.isLive();
  await card.getByRole('button', { name: 'Disconnect' }).click();
  await card.getByRole('button', { name: 'Close 1 connection' }).click();
  await expect(panel.getByText(`Closed 1 connection of ${id}.`)).toBeVisible();
  await expect(tab.state()).not.toHaveText('Live');
  await tab.isLive();
  await expect(rowOf(panel, id)).toBeVisible();
});

test('of many clients some are selected, and told', { tag: '@phone' }, async ({ context, server }) => {
  const ids = Array.from({ length: 30 }, (_, n) => `user-${String(n).padStart(2, '0')}`);
  for (const id of ids) await server.listen(id);
  const panel = await openPanel(context, server, '/clients', '?sort=client_id');
  const select = (id: string) => panel.getByRole('checkbox', { name: `Select ${id}` });
  const selection = panel.getByRole('region', { name: /selected$/ });
  await expect(panel.getByRole('heading', { name: '30 clients' })).toBeVisible();
  await expect(selection).toHaveCount(0);
  await select('user-02').check();
  await select('user-09').click({ modifiers: ['Shift'] });
  await expect(selection).toContainText('8 clients selected');
  await select('user-05').uncheck();
  await expect(selection).toContainText('7 clients selected');
  await look(panel, `clients-selected-${panel.viewportSize()?.width}`);

  await selection.getByRole('link', { name: 'Push to 7 clients' }).click();
  await expect(panel.getByRole('heading', { level: 1, name: 'Push' })).toBeVisible();
  const chips = panel.getByRole('list', { name: 'Recipients of the push' }).getByRole('listitem');
  await expect(chips).toHaveText([2, 3, 4, 6, 7, 8, 9].map((n) => new RegExp(`^${ids[n]}`)));
  await expect(panel.getByText('Reaches 7 clients on 7 connections now.')).toBeVisible();
  await panel.getByLabel('Data').fill('you are meant');
  await push(panel);
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('Sent to 7 connections.');
  await goTo(panel, 'Clients');
  await expect(selection).toContainText('7 clients selected');

  // All that match a search, also those that are not on the screen; then none.
  await panel.getByLabel('Search clients').fill('user-1');
  await expect(panel.getByRole('heading', { name: '10 clients' })).toBeVisible();
  await panel.getByRole('checkbox', { name: 'Select all that match' }).check();
  await expect(selection).toContainText('10 clients selected');
  await selection.getByRole('button', { name: 'Disconnect' }).click();
  await selection.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click();
  await expect(selection).toContainText('Closed 10 connections.');
  await selection.getByRole('button', { name: 'Clear selection' }).click();
  await expect(selection).toHaveCount(0);
});

test('the column headers sort the list in both directions', async ({ context, server }) => {
  for (const id of ['bea', 'ada', 'cem']) await server.listen(id);
  const panel = await openPanel(context, server, '/clients');
  const rows = clients(panel).getByRole('button', { name: /^Details of/ });
  await clients(panel).getByRole('button', { name: 'Client' }).click();
  await expect(rows).toHaveText(['ada', 'bea', 'cem']);
  await clients(panel).getByRole('button', { name: 'Client' }).click();
  await expect(rows).toHaveText(['cem', 'bea', 'ada']);
  await expect(clients(panel).getByRole('columnheader', { name: 'Client' })).toHaveAttribute('aria-sort', 'descending');
  await expect(panel).toHaveURL(/sort=-client_id/);
  await clients(panel).getByRole('button', { name: 'Connected since' }).click();
  await expect(rows).toHaveText(['cem', 'ada', 'bea']);
});

test('after a restart of the server the panel reconnects and updates the list', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/clients');
  const tab = await Tab.open(context, server);
  const gone = await Tab.open(context, server);
  const [id, goneId] = [await tab.id(), await gone.id()];
  await expect(rowOf(panel, goneId)).toBeVisible();
  await server.kill();
  await gone.page.close();
  await server.start();
  await tab.isLive();
  await expect(panel.getByText('Live', { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(rowOf(panel, id)).toBeVisible();
  await expect(rowOf(panel, goneId)).toHaveCount(0);
});

test('a failed load of the list shows the reason and can be retried', { tag: '@phone' }, async ({ context, server, hasTouch }) => {
  test.skip(!!hasTouch, 'on a phone the way to the button scrolls the list, which reads it again by itself');
  const panel = await context.newPage();
  // The page itself retries when it becomes live, so the request must fail until the retry.
  let asked = false;
  await panel.exposeFunction('noteClick', () => (asked = true));
  await panel.addInitScript("addEventListener('click', () => noteClick(), true)");
  await panel.route('**/api/clients?*', async (route) => {
    if (asked) await route.continue();
    else await route.abort();
  });
  await panel.goto(`${server.url}/admin/clients`);
  await isLive(panel);
  await expect(panel.getByRole('alert')).toContainText('The list could not be loaded');
  await panel.getByRole('button', { name: 'Try again' }).click();
  await expect(panel.getByText('No client is connected')).toBeVisible();
  await expect(panel.getByRole('alert')).toHaveCount(0);
});

test('a hundred thousand clients scroll without blocking the page', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await context.newPage();
  const all = 100_000;
  let asked = 0;
  await panel.route('**/api/clients?*', async (route) => {
    asked++;
    const query = new URL(route.request().url()).searchParams;
    const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit'))];
    const client = (_: unknown, n: number) => ({
      client_id: `client-${offset + n}`,
      version: 1,
      connections: [{ id: offset + n, topics: ['news', `orders/${offset + n}`], since: 1_790_000_000_000, behind: 0, remote: '192.0.2.7:4711' }],
    });
    await route.fulfill({ json: { clients: Array.from({ length: limit }, client), total: all, matching: all } });
  });
  await countChanges(panel);
  await panel.goto(`${server.url}/admin/clients`);
  await expect(panel.getByRole('heading', { name: '100,000 clients' })).toBeVisible();
  await expect(rowOf(panel, 'client-0')).toBeVisible();
  // The cost of loading the page is not part of this test.
  await resetChanges(panel);
  const rows = clients(panel).locator('.client-rows');
  const first = () => clients(panel).getByRole('button', { name: /^Details of/ }).first();
  for (let step = 0; step < 60; step++) {
    await rows.evaluate((element) => new Promise((next) => {
      element.scrollTop += element.clientHeight * 0.8;
      requestAnimationFrame(next);
    }));
  }
  await expect(first()).toHaveText(/^client-[3-9]\d\d$/);
  // Scroll to the end in one step. On a phone it is below the screen.
  await rows.evaluate((element) => { element.scrollTop = element.scrollHeight; });
  await rows.evaluate((element) => element.scrollIntoView({ block: 'end' }));
  await expect(panel.getByRole('button', { name: `Details of client-${all - 1}`, exact: true })).toBeInViewport();
  expect(await clients(panel).getByRole('row').count(), 'only what can be seen is in the page').toBeLessThan(80);
  expect(asked, 'only what was looked at is asked for').toBeLessThan(30);
  expect((await changesOf(panel)).mostNodes, 'nodes that one task changes').toBeLessThan(500);
});

test('filters are in the URL, so that a link shows the same', { tag: '@phone' }, async ({ context, server }) => {
  await server.listen('ada', 'orders/42');
  await server.listen('bea', 'news');
  await fetch(`${server.url}/push`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ to: { client: 'cem' }, data: 'hi' }) });
  const panel = await openPanel(context, server, '/clients');
  const rows = clients(panel).getByRole('button', { name: /^Details of/ });
  await expect(rows).toHaveCount(2);
  const filters = panel.getByRole('group', { name: 'More filters' });
  await filters.getByLabel('Subscribed to topic').fill('orders/42');
  await expect(rows).toHaveText(['ada']);
  await expect(panel).toHaveURL(/topic=orders%2F42/);
  await look(panel, `clients-filtered-${panel.viewportSize()?.width}`);
  await goTo(panel, 'Push');
  await panel.goBack();
  await expect(rows).toHaveText(['ada']);
  const other = await openPanel(context, server, '/clients', new URL(panel.url()).search);
  await expect(clients(other).getByRole('button', { name: /^Details of/ })).toHaveText(['ada']);
  await filters.getByLabel('Browser').selectOption('Firefox');
  await expect(panel.getByText('No client matches')).toBeVisible();
  await filters.getByRole('button', { name: 'Clear filters' }).click();
  await expect(rows).toHaveCount(2);
  await panel.getByRole('radio', { name: 'Offline' }).check();
  await expect(rows).toHaveText(['cem']);
  await panel.getByRole('radio', { name: 'All', exact: true }).check();
  await expect(rows).toHaveCount(3);
  await filters.getByLabel('With unread messages').check();
  await expect(rows).toHaveText(['cem']);
  await filters.getByLabel('With unread messages').uncheck();
  await filters.getByLabel('Connected since').selectOption('In the last 5 minutes');
  await expect(rows).toHaveCount(2);
  await expect(panel).toHaveURL(/connected=5m/);
});
