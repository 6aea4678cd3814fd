// The push section of the panel.
import type { BrowserContext, Page } from '@playwright/test';
import { expect, Tab, test } from '../fixtures';
import { goTo, isLive, openPanel, push } from '../panel';

test('a push to a client from the list shows its recipients, and then its receipts', { tag: '@phone' }, async ({ context, server }) => {
  const [first, second] = [await Tab.open(context, server), await Tab.open(context, server)];
  const id = await first.id();
  const panel = await openPanel(context, server, '/clients', `?client=${id}`);
  await panel.getByRole('link', { name: 'Push to this client' }).click();
  await expect(panel.getByLabel('Client id', { exact: true })).toHaveValue(id);
  await expect(panel.getByText('Reaches 1 client on 1 connection now.')).toBeVisible();
  await expect(panel.getByRole('list', { name: 'Recipients' })).toContainText(`${id}online`);
  await panel.getByLabel('Data').fill('from the panel');
  await push(panel);
  const outcome = panel.getByRole('region', { name: 'Delivery' });
  await expect(outcome).toContainText('Sent to 1 connection.');
  await expect(first.messages()).toContainText('from the panel');
  await expect(outcome).toContainText('1 acknowledged');
  await expect(second.messages()).toHaveCount(0);
});

test('receipts that change while the message is being loaded are shown', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  const panel = await openPanel(context, server, '/push', `?client=${id}`);
  // The message is loaded before the page acknowledges it, and the answer arrives after the update of its receipts.
  let loaded = () => {};
  const beforeTheAck = new Promise<void>((resolve) => (loaded = resolve));
  await tab.page.route('**/ack', async (route) => {
    await beforeTheAck;
    await route.continue();
  });
  const updates = await fetch(`${server.url}/sse?client_id=watch&topic=$sys/messages`);
  let first = true;
  await panel.route('**/api/messages/*', async (route) => {
    if (!first) return route.continue();
    first = false;
    const response = await route.fetch();
    loaded();
    let text = '';
    for await (const bytes of updates.body!) {
      text += new TextDecoder().decode(bytes);
      if (text.includes('event: moved')) break;
    }
    await route.fulfill({ response });
  });
  await panel.getByLabel('Data').fill('from the panel');
  await push(panel);
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('1 acknowledged');
});

test('a push can be recalled on the push page', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const panel = await openPanel(context, server, '/push', `?client=${await tab.id()}`);
  await panel.getByLabel('Data').fill('too soon');
  await push(panel);
  await expect(tab.messages()).toContainText('too soon');
  await panel.getByRole('button', { name: 'Recall' }).click();
  await expect(panel.getByText('Recalled.')).toBeVisible();
  await expect(tab.page.getByText('too soon')).toHaveCount(0);
});

test('pushes to several clients, to a topic, and to everyone after a confirmation', { tag: '@phone' }, async ({ context, server }) => {
  const tabs = await Promise.all([1, 2, 3].map(() => Tab.open(context, server)));
  const ids = await Promise.all(tabs.map((tab) => tab.id()));
  await tabs[2].subscribe('news');
  const panel = await openPanel(context, server, '/push');
  const send = async (text: string) => {
    await panel.getByLabel('Data').fill(text);
    await push(panel);
  };

  await panel.getByRole('radio', { name: 'Several' }).check();
  await panel.getByRole('combobox', { name: 'Recipients of the push' }).fill(`${ids[0]}, ${ids[1]}`);
  await expect(panel.getByText('Reaches 2 clients on 2 connections now.')).toBeVisible();
  await send('for two');
  await expect(tabs[0].messages().first()).toContainText('for two');
  await expect(tabs[1].messages().first()).toContainText('for two');

  await panel.getByRole('radio', { name: 'A topic' }).check();
  await panel.getByLabel('Topic', { exact: true }).fill('news');
  await expect(panel.getByText('Reaches 1 client on 1 connection now.')).toBeVisible();
  await expect(panel.getByRole('region', { name: 'Recipients' })).toContainText(ids[2]);
  await send('for readers');
  await expect(tabs[2].messages().first()).toContainText('for readers');
  await expect(panel.getByRole('link', { name: 'Show progress' })).toHaveAttribute('href', /^jobs\/.+/);

  await panel.getByRole('radio', { name: 'Everyone' }).check();
  await expect(panel.getByText('Reaches 3 clients on 3 connections now.')).toBeVisible();
  await send('for all');
  await expect(panel.getByText('Push to all connected clients: 3 clients on 3 connections?')).toBeVisible();
  await panel.getByRole('button', { name: 'Cancel' }).click();
  await push(panel);
  await panel.getByRole('button', { name: 'Push to 3 clients' }).click();
  for (const tab of tabs) await expect(tab.messages().first()).toContainText('for all');
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('3 of 3 sent');
  await expect(tabs[0].messages()).toHaveCount(2);
  await expect(tabs[2].messages()).toHaveCount(2);
});

test('the number of recipients follows connections and disconnections', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/push');
  await panel.getByRole('radio', { name: 'Everyone' }).check();
  await expect(panel.getByText('No recipient is connected now.')).toBeVisible();
  const tab = await Tab.open(context, server);
  await expect(panel.getByText('Reaches 1 client on 1 connection now.')).toBeVisible();
  await tab.page.close();
  await expect(panel.getByText('No recipient is connected now.')).toBeVisible();
});

test('JSON is checked while it is typed, and errors show their position', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const panel = await openPanel(context, server, '/push', `?client=${await tab.id()}`);
  await panel.getByRole('radio', { name: 'JSON' }).check();
  await panel.getByLabel('Data').fill('{\n  "total" 5\n}');
  await expect(panel.getByText('Line 2, column 11: expected `:`')).toBeVisible();
  await expect(panel.getByLabel('Data')).toHaveAttribute('aria-invalid', 'true');
  await panel.getByLabel('Data').fill('{\n  "total": 5\n}');
  await expect(panel.getByText('Valid JSON')).toBeVisible();
  await panel.getByLabel('Event type').fill('cart');
  await push(panel);
  await expect(panel.getByText('Sent to 1 connection.')).toBeVisible();
});

test('missing and invalid values are reported at their fields', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server, '/push');
  await push(panel);
  await expect(panel.getByLabel('Client id', { exact: true })).toHaveAccessibleDescription(/Enter a client id/);
  await panel.getByLabel('Client id', { exact: true }).fill('not!an!id');
  await expect(panel.getByLabel('Client id', { exact: true })).toHaveAccessibleDescription(/not allowed in a client_id/);
  await panel.getByLabel('Client id', { exact: true }).fill('ada');
  await panel.getByLabel('Data').fill('x');
  await panel.getByLabel('Event type').fill('ping');
  await push(panel);
  await expect(panel.getByLabel('Event type')).toHaveAccessibleDescription(/reserved/);
});

test('a push without recipients says so, and is refused if it requires one', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/push');
  await panel.getByLabel('Client id', { exact: true }).fill('somebody-who-is-away');
  await expect(panel.getByText('No recipient is connected now.')).toBeVisible();
  await expect(panel.getByRole('list', { name: 'Recipients' })).toContainText('never connected');
  await panel.getByLabel('Data').fill('anyone?');
  await push(panel);
  await expect(panel.getByText('The client is offline. The message is queued for it.')).toBeVisible();
  await panel.getByLabel('Push only if a recipient is connected').check();
  await push(panel);
  await expect(panel.locator('#form-note, #to-note').filter({ hasText: /\w/ }).first()).toBeVisible();
  await expect(panel.getByRole('region', { name: 'Delivery' })).toHaveCount(0);
});

test('a draft is kept while another section is visited', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/push');
  await panel.getByLabel('Data').fill('half a sentence');
  await goTo(panel, 'Clients');
  await goTo(panel, 'Push');
  await expect(panel.getByLabel('Data')).toHaveValue('half a sentence');
});

test('a push to a server that is gone says so in plain words', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/push', '?client=ada');
  await panel.getByLabel('Data').fill('hello');
  await server.kill();
  await push(panel);
  await expect(panel.locator('#form-note')).toHaveText('The server does not answer.');
});

/** Opens the section with its form alone. `rest` loads the rest. */
async function openForm(context: BrowserContext, server: { url: string }, query = ''): Promise<{ panel: Page; rest: () => void }> {
  const panel = await context.newPage();
  let rest = () => {};
  const wanted = new Promise<void>((resolve) => (rest = resolve));
  await panel.route(/split_push_side/, async (route) => {
    await wanted;
    await route.continue();
  });
  await panel.goto(`${server.url}/admin/push${query}`);
  await isLive(panel);
  return { panel, rest };
}

test('what is pressed before the rest of the section is loaded happens then', { tag: '@phone' }, async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const { panel, rest } = await openForm(context, server, `?client=${await tab.id()}`);
  await panel.getByRole('radio', { name: 'JSON' }).check();
  await panel.getByLabel('Data').fill('[1');
  await expect(panel.locator('#data-note')).toContainText('Line 1, column 2');
  await panel.getByLabel('Data').fill('["in haste"]');
  const button = panel.getByRole('button', { name: 'Push', exact: true });
  await button.click();
  await expect(button).toBeDisabled();
  // It was pressed for another text.
  await panel.getByLabel('Data').fill('["thought over"]');
  await expect(button).toBeEnabled();
  await button.click();
  await expect(button).toBeDisabled();
  rest();
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('Sent to 1 connection.');
  await expect(tab.messages()).toHaveCount(1);
  await expect(tab.messages()).toContainText('thought over');
  await expect(button).toBeEnabled();
});

test('several recipients are chosen before the rest of the section is loaded', async ({ context, server }) => {
  const { panel, rest } = await openForm(context, server);
  await panel.getByLabel('Data').fill('for two');
  await panel.getByRole('radio', { name: 'Several' }).check();
  await expect(panel.locator('.field.to [aria-busy=true]')).toBeAttached();
  rest();
  await panel.getByRole('combobox', { name: 'Recipients of the push' }).fill('ada, bea');
  await expect(panel.getByLabel('Data')).toHaveValue('for two');
  await expect(panel.getByRole('radio', { name: 'Several' })).toBeChecked();
  await push(panel);
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('The clients are offline.');
});
