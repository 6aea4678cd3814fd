// Working with the history in the panel: keys, one message beside the list, a selection, a time range, and exports.
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, test, type Tidings } from '../fixtures';
import { isAccessible } from '../looks';
import { entries, entry, hasEntries, isLive, openEntry, openPanel, opened } from '../panel';

/** Pushes messages with these texts, oldest first. */
async function pushed(server: Tidings, ...texts: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const data of texts) ids.push((await server.push({ to: { client: 'ada' }, data })).id);
  return ids;
}

const marked = (panel: Page) => panel.getByRole('region', { name: /selected$/ });

test('the list is usable by keyboard alone', async ({ context, server }) => {
  const ids = await pushed(server, 'first', 'second', 'third', 'fourth');
  const panel = await openPanel(context, server, '/messages');
  await expect(entries(panel)).toHaveCount(4);
  // One row is in the tab order.
  await expect(panel.locator('.message-row[tabindex="0"]')).toHaveCount(1);
  await panel.keyboard.press('j');
  await expect(entry(panel, 'fourth')).toBeFocused();
  await panel.keyboard.press('j');
  await panel.keyboard.press('ArrowDown');
  await expect(entry(panel, 'second')).toBeFocused();
  await panel.keyboard.press('k');
  await expect(entry(panel, 'third')).toBeFocused();
  await panel.keyboard.press('End');
  await expect(entry(panel, 'first')).toBeFocused();
  await panel.keyboard.press('Home');
  await expect(entry(panel, 'fourth')).toBeFocused();

  // Arrows go to the controls of the row, and back.
  await panel.keyboard.press('ArrowRight');
  await expect(entry(panel, 'fourth').getByRole('checkbox')).toBeFocused();
  await panel.keyboard.press('ArrowRight');
  await expect(entry(panel, 'fourth').getByRole('button', { name: 'fourth' })).toBeFocused();
  await panel.keyboard.press('ArrowLeft');
  await panel.keyboard.press('ArrowLeft');
  await expect(entry(panel, 'fourth')).toBeFocused();

  // Enter opens, the keys go on with what is open, and Escape closes.
  await panel.keyboard.press('Enter');
  await expect(opened(panel).locator('pre')).toContainText('fourth');
  await expect(opened(panel)).toBeFocused();
  await panel.keyboard.press('j');
  await expect(opened(panel).locator('pre')).toContainText('third');
  await expect(panel).toHaveURL(new RegExp(`message=${ids[2]}$`));
  await panel.keyboard.press('Escape');
  await expect(opened(panel)).toHaveCount(0);
  await expect(entry(panel, 'third')).toBeFocused();

  // `x` selects, also a range, and Escape takes the selection away.
  await panel.keyboard.press('x');
  await expect(entry(panel, 'third')).toHaveAttribute('aria-selected', 'true');
  await panel.keyboard.press('End');
  await panel.keyboard.press('Shift+X');
  await expect(marked(panel)).toContainText('3 messages selected');
  await panel.keyboard.press('Escape');
  await expect(panel.locator('[aria-selected="true"]')).toHaveCount(0);
  await panel.keyboard.press('Shift+ArrowUp');
  await expect(entry(panel, 'second')).toHaveAttribute('aria-selected', 'true');
  // Nothing of it happens while something is typed.
  await panel.keyboard.press('/');
  await panel.keyboard.type('jxk');
  await expect(panel.getByLabel('Filter by text')).toHaveValue('jxk');
  await panel.keyboard.press('Escape');
});

test('the keys are listed with the others', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/messages');
  await panel.keyboard.press('?');
  const dialog = panel.getByRole('dialog', { name: 'Keyboard shortcuts' });
  for (const what of ['Next or previous entry of a list', 'Open the entry', 'Select the message, or a range', 'Pause the live tail']) {
    await expect(dialog).toContainText(what);
  }
});

test('a message opens beside the list, which keeps its place', { tag: '@phone' }, async ({ context, server }) => {
  const texts = Array.from({ length: 45 }, (_, n) => `number ${n + 1}.`);
  const ids = await pushed(server, ...texts);
  const panel = await openPanel(context, server, '/messages', '?q=number');
  await hasEntries(panel, 45);
  await panel.keyboard.press('j');
  await panel.keyboard.press('End');
  await expect(entry(panel, 'number 1.')).toBeFocused();
  // Where it is on the screen, also while a phone hides it. A pixel is for rounding.
  const row = panel.locator('.message-row').filter({ hasText: 'number 5.' });
  const place = async () => (await row.boundingBox())?.y ?? 0;
  const before = await place();
  expect(await panel.evaluate(() => window.scrollY)).toBeGreaterThan(100);
  const details = await openEntry(panel, 'number 5.');
  await expect(panel).toHaveURL(new RegExp(`q=number&message=${ids[4]}$`));
  await isAccessible(panel);
  expect(Math.abs((await place()) - before)).toBeLessThanOrEqual(1);
  await details.getByRole('button', { name: 'Close' }).click();
  await expect(opened(panel)).toHaveCount(0);
  await expect(panel).toHaveURL(/\?q=number$/);
  expect(Math.abs((await place()) - before)).toBeLessThanOrEqual(1);

  // Going back closes it too.
  await openEntry(panel, 'number 5.');
  await expect(panel).toHaveURL(new RegExp(`message=${ids[4]}$`));
  await panel.goBack();
  await expect(opened(panel)).toHaveCount(0);
  expect(Math.abs((await place()) - before)).toBeLessThanOrEqual(1);
  await panel.goForward();
  await expect(opened(panel).locator('pre')).toContainText('number 5.');
});

test('a link opens a message, also one that is not in the list', { tag: '@phone' }, async ({ context, server }) => {
  const [first] = await pushed(server, ...Array.from({ length: 52 }, (_, n) => `number ${n + 1}.`));
  const panel = await context.newPage();
  await panel.goto(`${server.url}/admin/messages?message=${first}`);
  await expect(opened(panel).locator('pre')).toContainText('number 1.');
  await panel.keyboard.press('Escape');
  await expect(opened(panel)).toHaveCount(0);
  await expect(panel).toHaveURL(/\/admin\/messages$/);
  await hasEntries(panel, 50);

  await panel.goto(`${server.url}/admin/messages?message=${first}000`);
  await expect(opened(panel)).toContainText('does not exist');
});

test('several messages are recalled after a question, and those that were not are named', { tag: '@phone' }, async ({ context, server }) => {
  const ids = await pushed(server, 'one', 'two', 'three', 'stays');
  const panel = await openPanel(context, server, '/messages');
  await entry(panel, 'one').getByRole('checkbox').check();
  await entry(panel, 'three').getByRole('checkbox').click({ modifiers: ['Shift'] });
  await expect(marked(panel)).toContainText('3 messages selected');
  await marked(panel).getByRole('button', { name: 'Recall 3 messages' }).click();
  const question = panel.getByRole('alertdialog', { name: 'Recall 3 messages' });
  await expect(question).toContainText("can't be undone");
  await isAccessible(panel);
  await question.getByRole('button', { name: 'Keep' }).click();
  await expect(entry(panel, 'one')).not.toContainText('recalled');
  // Another admin has recalled one of them, and the list does not know yet.
  await panel.route('**/api/messages/*', async (route) => {
    if (route.request().method() === 'DELETE' && route.request().url().endsWith(ids[1]!)) {
      await fetch(route.request().url(), { method: 'DELETE' });
    }
    await route.continue();
  });
  await marked(panel).getByRole('button', { name: 'Recall 3 messages' }).click();
  await question.getByRole('button', { name: 'Recall 3 messages' }).click();
  await expect(panel.getByText('2 messages recalled.')).toBeVisible();
  const failed = panel.getByRole('list', { name: 'Messages that were not recalled' });
  await expect(failed).toContainText(/two: there is no message/);
  await expect(marked(panel)).toContainText('1 message selected');
  await expect(entries(panel).filter({ hasText: 'recalled' })).toHaveCount(3);
  await expect(entry(panel, 'stays')).not.toContainText('recalled');
});

test('the history is filtered by time, and the URL has the times', { tag: '@phone' }, async ({ context, server }) => {
  await pushed(server, 'just now');
  const panel = await openPanel(context, server, '/messages');
  await panel.getByRole('button', { name: 'Last hour' }).click();
  await expect(panel).toHaveURL(/since=[0-9TZ.%A-F-]+$/);
  await expect(entries(panel)).toHaveText([/just now/]);
  await expect(panel.getByLabel('From', { exact: true })).not.toHaveValue('');
  await panel.reload();
  await isLive(panel);
  await expect(panel.getByLabel('From', { exact: true })).not.toHaveValue('');
  await expect(entries(panel)).toHaveText([/just now/]);
  await panel.getByLabel('From', { exact: true }).fill('2020-01-01T00:00:01');
  await panel.getByLabel('Until', { exact: true }).fill('2020-01-02T00:00:01');
  await expect(panel.getByText('No message matches.')).toBeVisible();
  await expect(panel).toHaveURL(/since=20(19|20)-.*until=2020-/);
  await panel.getByRole('button', { name: 'Clear the filters' }).click();
  await expect(entries(panel)).toHaveText([/just now/]);
  await panel.getByRole('button', { name: '7 days' }).click();
  await expect(entries(panel)).toHaveText([/just now/]);
  await isAccessible(panel);
});

test('what the filter matches is exported', { tag: '@phone' }, async ({ context, server }) => {
  await pushed(server, 'apples', '=1+1', 'pears');
  const panel = await openPanel(context, server, '/messages', '?q=p');
  await expect(entries(panel)).toHaveCount(2);
  const saved = async (name: string) => {
    const waiting = panel.waitForEvent('download');
    await panel.getByRole('link', { name }).click();
    const download = await waiting;
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
  };
  await panel.getByText('Export', { exact: true }).click();
  await isAccessible(panel);
  const table = await saved('CSV, for spreadsheets');
  expect(table.name).toMatch(/^tidings-messages-.*\.csv$/);
  expect(table.text.split('\r\n').map((line) => line.split(',')[6])).toEqual(['data', 'pears', 'apples', undefined]);
  const lines = await saved('NDJSON, for programs');
  expect(lines.name).toMatch(/\.ndjson$/);
  expect(lines.text.trim().split('\n').map((line) => JSON.parse(line).data)).toEqual(['pears', 'apples']);
  await expect(panel).toHaveURL(/\/admin\/messages\?q=p$/);
});
