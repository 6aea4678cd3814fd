// The panel: who is connected, live, and pushing to them.
import type { BrowserContext, Page } from '@playwright/test';
import { expect, Tab, test, type Tidings } from '../fixtures';

async function openPanel(context: BrowserContext, server: Tidings): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}/admin`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByText(/^\d+ clients? on \d+ connections?\.$/)).toBeVisible();
  return page;
}

const entries = (panel: Page) => panel.getByRole('list', { name: 'History' }).locator('> li');
const rowOf = (panel: Page, id: string) => panel.getByRole('row').filter({ hasText: id });

test('the list changes as tabs open, subscribe and close', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const [first, second] = [await Tab.open(context, server), await Tab.open(context, server)];
  await expect(rowOf(panel, await first.id())).toBeVisible();
  const row = rowOf(panel, await second.id());
  await expect(row).toBeVisible();
  await expect(row).toContainText('127.0.0.1');
  await expect(panel.getByText('2 clients on 2 connections.')).toBeVisible();

  await second.subscribe('orders/42');
  await expect(row.getByText('orders/42')).toBeVisible();

  await second.page.close();
  await expect(row).toHaveCount(0);
  await expect(rowOf(panel, await first.id())).toBeVisible();
  await expect(panel.getByText('1 client on 1 connection.')).toBeVisible();
});

test('a search finds ids and topics', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const [first, second] = [await Tab.open(context, server), await Tab.open(context, server)];
  await second.subscribe('orders/42');
  await panel.getByLabel('Search clients').fill('ORDERS');
  await expect(rowOf(panel, await second.id())).toBeVisible();
  await expect(rowOf(panel, await first.id())).toHaveCount(0);
  await panel.getByLabel('Search clients').fill('nobody has this');
  await expect(panel.getByText('Nobody matches.')).toBeVisible();
});

test('a push to a client of the list says how many it reaches, then how many it reached', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const [first, second] = [await Tab.open(context, server), await Tab.open(context, server)];
  const id = await first.id();
  await panel.getByRole('button', { name: `Push to ${id}` }).click();
  await expect(panel.getByLabel('Client id', { exact: true })).toHaveValue(id);
  await expect(panel.getByText('Reaches 1 client on 1 connection now.')).toBeVisible();
  await panel.getByLabel('Data').fill('from the panel');
  await panel.getByRole('button', { name: 'Push', exact: true }).click();
  await expect(panel.getByText('Reached 1 connection now.').first()).toBeVisible();
  await expect(first.messages()).toContainText('from the panel');
  await expect(entries(panel)).toContainText(id);
  await expect(entries(panel)).toContainText('from the panel');
  await expect(second.messages()).toHaveCount(0);
});

test('several clients, a topic, everyone', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const tabs = await Promise.all([1, 2, 3].map(() => Tab.open(context, server)));
  const ids = await Promise.all(tabs.map((tab) => tab.id()));
  await tabs[2].subscribe('news');
  const push = async (text: string) => {
    await panel.getByLabel('Data').fill(text);
    await panel.getByRole('button', { name: 'Push', exact: true }).click();
  };

  await panel.getByRole('radio', { name: 'Several' }).check();
  for (const id of ids.slice(0, 2)) await panel.getByRole('button', { name: `Push to ${id}` }).click();
  await expect(panel.getByText('Reaches 2 clients on 2 connections now.')).toBeVisible();
  await push('for two');
  await expect(tabs[0].messages().first()).toContainText('for two');
  await expect(tabs[1].messages().first()).toContainText('for two');

  await panel.getByRole('radio', { name: 'A topic' }).check();
  await panel.getByLabel('Topic', { exact: true }).fill('news');
  await expect(panel.getByText('Reaches 1 client on 1 connection now.')).toBeVisible();
  await push('for readers');
  await expect(tabs[2].messages().first()).toContainText('for readers');

  await panel.getByRole('radio', { name: 'Everyone' }).check();
  await expect(panel.getByText('Reaches 3 clients on 3 connections now.')).toBeVisible();
  await push('for all');
  for (const tab of tabs) await expect(tab.messages().first()).toContainText('for all');
  await expect(tabs[0].messages()).toHaveCount(2);
  await expect(tabs[2].messages()).toHaveCount(2);
});

test('how many a push reaches follows who comes and goes', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await panel.getByRole('radio', { name: 'Everyone' }).check();
  await expect(panel.getByText('Reaches nobody who is connected now.')).toBeVisible();
  const tab = await Tab.open(context, server);
  await expect(panel.getByText('Reaches 1 client on 1 connection now.')).toBeVisible();
  await tab.page.close();
  await expect(panel.getByText('Reaches nobody who is connected now.')).toBeVisible();
});

test('JSON is checked while it is typed, with the place of the mistake', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const tab = await Tab.open(context, server);
  await panel.getByRole('radio', { name: 'Everyone' }).check();
  await panel.getByRole('radio', { name: 'JSON' }).check();
  await panel.getByLabel('Data').fill('{\n  "total" 5\n}');
  await expect(panel.getByText('Line 2, column 11: expected `:`')).toBeVisible();
  await expect(panel.getByLabel('Data')).toHaveAttribute('aria-invalid', 'true');
  await panel.getByLabel('Data').fill('{\n  "total": 5\n}');
  await expect(panel.getByText('Valid JSON')).toBeVisible();
  await panel.getByLabel('Event type').fill('cart');
  await panel.getByRole('button', { name: 'Push', exact: true }).click();
  await expect(panel.getByText(/Reached \d connections? now\./).first()).toBeVisible();
  await expect(tab.messages()).toHaveCount(0);
});

test('what is missing or refused is said at its field', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await panel.getByRole('button', { name: 'Push', exact: true }).click();
  await expect(panel.getByLabel('Client id', { exact: true })).toHaveAccessibleDescription(/Pick a client/);
  await panel.getByLabel('Client id', { exact: true }).fill('not!an!id');
  await expect(panel.getByLabel('Client id', { exact: true })).toHaveAccessibleDescription(/not allowed in a client_id/);
  await panel.getByRole('radio', { name: 'Everyone' }).check();
  await panel.getByLabel('Data').fill('x');
  await panel.getByLabel('Event type').fill('ping');
  await panel.getByRole('button', { name: 'Push', exact: true }).click();
  await expect(panel.getByLabel('Event type')).toHaveAccessibleDescription(/reserved/);
});

test('a push to nobody says so', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await panel.getByLabel('Client id', { exact: true }).fill('somebody-who-is-away');
  await expect(panel.getByText('Reaches nobody who is connected now.')).toBeVisible();
  await panel.getByLabel('Data').fill('anyone?');
  await panel.getByRole('button', { name: 'Push', exact: true }).click();
  await expect(panel.getByText('Nobody is connected. It waits for the client.')).toBeVisible();
});

test('a client can be disconnected, and its page comes back', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  await expect(rowOf(panel, id)).toBeVisible();
  await panel.getByRole('button', { name: `Disconnect ${id}` }).click();
  await expect(panel.getByText(`Closed 1 connection of ${id}.`)).toBeVisible();
  await expect(tab.state()).not.toHaveText('Live');
  await tab.isLive();
  await expect(rowOf(panel, id)).toBeVisible();
});

test('the panel comes back after a restart with a list that is true', async ({ context, server }) => {
  const panel = await openPanel(context, server);
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
