// The panel's history: what was pushed, what became of it, and what can be done about it.
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
const entry = (panel: Page, text: string) => entries(panel).filter({ hasText: text });

test('receipts move in the panel, from waiting to acknowledged', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const client = '6f1e1c1e-9a34-4f0a-8d5b-6f2f3f1f7c52';
  await server.push({ to: { client }, data: 'are you there?' });
  const about = entry(panel, 'are you there?');
  await expect(about).toContainText('1 waiting');
  await about.getByRole('button', { name: 'Details' }).click();
  await expect(about.getByRole('list', { name: 'Recipients' })).toContainText('waiting');

  const page = await context.newPage();
  await page.addInitScript((id) => sessionStorage.setItem('tidings.client_id', id), client);
  await page.goto(server.url);
  await expect(new Tab(page).messages()).toContainText('are you there?');
  await expect(about).toContainText('1 acknowledged');
  await expect(about.getByRole('list', { name: 'Recipients' })).toContainText('acknowledged');
});

test('what is pushed to somebody who is away is found waiting, and handed over when they come', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await tab.page.goto('about:blank');
  await expect(panel.getByRole('row').filter({ hasText: client })).toHaveCount(0);

  await panel.getByLabel('Search clients').fill(client.slice(0, 8));
  const row = panel.getByRole('row').filter({ hasText: client });
  await expect(row).toContainText('away');
  await panel.getByRole('button', { name: `Push to ${client}` }).click();
  await panel.getByLabel('Data').fill('for when you are back');
  await panel.getByLabel('Seconds to wait').fill('3600');
  await panel.getByRole('button', { name: 'Push', exact: true }).click();
  await expect(panel.getByText('Nobody is connected. It waits for the client.')).toBeVisible();

  await panel.getByRole('button', { name: `About ${client}` }).click();
  await expect(panel.getByText(/^Away, last seen .* 1 message is unread\.$/)).toBeVisible();
  await tab.page.goBack();
  await tab.isLive();
  await expect(tab.messages()).toContainText('for when you are back');
  await expect(tab.messages()).toContainText('while you were away');
  await expect(panel.getByText(/^Online.* Nothing waits for it\.$/)).toBeVisible();
  await expect(panel.getByRole('list', { name: 'Connections' })).toContainText('up to date');
});

test('the history can be narrowed by audience, type and text', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await server.push({ to: { client: 'ada' }, data: 'apples for ada' });
  await server.push({ to: { client: 'bea' }, data: 'pears for bea', event: 'fruit' });
  await server.push({ to: { topic: 'news' }, data: 'apples in the news' });
  await server.push({ to: 'everyone', data: 'good morning' });
  await expect(entries(panel)).toHaveCount(4);
  await expect(entries(panel).first()).toContainText('good morning');

  const audience = panel.getByLabel('Audience', { exact: true });
  await audience.selectOption('For clients');
  await expect(entries(panel)).toHaveCount(2);
  await audience.selectOption('For topics');
  await expect(entries(panel)).toHaveText([/apples in the news/]);
  await audience.selectOption('For one client');
  await panel.getByLabel('Which one').fill('bea');
  await expect(entries(panel)).toHaveText([/pears for bea/]);
  await audience.selectOption('For anybody');
  await panel.getByLabel('Text in messages').fill('apples');
  await expect(entries(panel)).toHaveCount(2);
  // What is pushed meanwhile shows if it is what was asked for.
  await server.push({ to: 'everyone', data: 'no fruit' });
  await server.push({ to: 'everyone', data: 'more apples' });
  await expect(entries(panel)).toHaveCount(3);
  await expect(entries(panel).first()).toContainText('more apples');
  await panel.getByLabel('Text in messages').fill('');
  await panel.getByLabel('Type of messages').fill('fruit');
  await expect(entries(panel)).toHaveText([/pears for bea/]);
  await panel.getByLabel('Type of messages').fill('nothing-like-it');
  await expect(panel.getByText('Nothing that was pushed is like this.')).toBeVisible();
});

test('older messages are a page away', async ({ context, server }) => {
  for (let n = 1; n <= 60; n++) await server.push({ to: { client: 'ada' }, data: `number ${n}` });
  const panel = await openPanel(context, server);
  await expect(entries(panel)).toHaveCount(50);
  await panel.getByRole('button', { name: 'Older messages' }).click();
  await expect(entries(panel)).toHaveCount(60);
  await expect(entries(panel).last()).toContainText('number 1');
  await expect(panel.getByRole('button', { name: 'Older messages' })).toHaveCount(0);
});

test('a message is taken back once the panel has asked, and can be pushed again', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const tab = await Tab.open(context, server);
  const client = await tab.id();
  await server.push({ to: { client }, data: { total: 995 }, event: undefined });
  await expect(tab.messages()).toContainText('995');
  const about = entry(panel, '995');
  await about.getByRole('button', { name: 'Push again' }).click();
  await expect(panel.getByLabel('Client id', { exact: true })).toHaveValue(client);
  await expect(panel.getByRole('radio', { name: 'JSON' })).toBeChecked();
  await expect(panel.getByLabel('Data')).toHaveValue(/995/);

  await about.getByRole('button', { name: 'Take back' }).click();
  await expect(tab.messages()).toContainText('995');
  await about.getByRole('button', { name: 'Take back for good?' }).click();
  await expect(tab.messages()).toContainText('Taken back');
  await expect(tab.page.getByText('995')).toHaveCount(0);
  await expect(entries(panel)).toHaveText([/taken back/]);
  await expect(entries(panel)).not.toContainText('995');

  await panel.getByLabel('Data').fill('{"total": 99.5}');
  await panel.getByRole('button', { name: 'Push', exact: true }).click();
  await expect(tab.messages().first()).toContainText('99.5');
});
