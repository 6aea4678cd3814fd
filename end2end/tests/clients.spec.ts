// The panel's clients: who is connected, live, and what can be known and done about one.
import { changesOf, countChanges, resetChanges } from '../changes';
import { expect, Tab, test } from '../fixtures';
import { clients, goTo, isLive, openPanel, rowOf } from '../panel';

test('the list changes as tabs open, subscribe and close', { tag: '@phone' }, async ({ context, server }) => {
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

test('a search finds ids and topics, is kept in the address, and survives a reload', async ({ context, server }) => {
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

test('who is away is found among all, with what is known of them', async ({ context, server }) => {
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
  await expect(panel.getByRole('list', { name: 'History' })).toContainText('for when you come');
  await goTo(panel, 'Clients');
  await expect(panel.getByLabel('Search clients')).toHaveValue('ada');
  await expect(card).toBeVisible();
});

test('one client is shown with its connections, and the account of it moves', { tag: '@phone' }, async ({ context, server }) => {
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

test('a client is disconnected once the panel has asked, and its page comes back', { tag: '@phone' }, async ({ context, server }) => {
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

test('the list is sorted by its heads, both ways', async ({ context, server }) => {
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

test('the panel comes back after a restart with a list that is true', async ({ context, server }) => {
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

test('a list that can not be read says why, and is read again when asked to', { tag: '@phone' }, async ({ context, server, hasTouch }) => {
  test.skip(!!hasTouch, 'on a phone the way to the button scrolls the list, which reads it again by itself');
  const panel = await context.newPage();
  // Nothing can be read before the person asks: the page itself asks again when it has become live.
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
  // What the start of the page costs is not what this is about.
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
  // And by one pull to the end, which on a phone is below the screen.
  await rows.evaluate((element) => { element.scrollTop = element.scrollHeight; });
  await rows.evaluate((element) => element.scrollIntoView({ block: 'end' }));
  await expect(panel.getByRole('button', { name: `Details of client-${all - 1}`, exact: true })).toBeInViewport();
  expect(await clients(panel).getByRole('row').count(), 'only what can be seen is in the page').toBeLessThan(80);
  expect(asked, 'only what was looked at is asked for').toBeLessThan(30);
  expect((await changesOf(panel)).mostNodes, 'nodes that one task changes').toBeLessThan(2_000);
});
