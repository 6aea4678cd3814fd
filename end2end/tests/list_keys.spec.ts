// Lists that are used with the keyboard alone.
import type { Locator, Page } from '@playwright/test';
import { expect, test, type Tidings } from '../fixtures';
import { openPanel, rowOf, signIn } from '../panel';

const token = '0123456789abcdef0123456789abcdef';

async function post(server: Tidings, path: string, body: object): Promise<any> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const answer = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.ok, path).toBe(true);
  return answer.json();
}

/** Moves through the rows of a list, from the list itself. */
async function moves(page: Page, list: Locator, rows: Locator): Promise<void> {
  await list.focus();
  await page.keyboard.press('ArrowDown');
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press('j');
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press('k');
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press('End');
  await expect(rows.last()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(rows.last()).toBeFocused();
  await page.keyboard.press('Home');
  await expect(rows.nth(0)).toBeFocused();
  const outline = await rows.nth(0).evaluate((row) => getComputedStyle(row).outlineStyle);
  expect(outline, 'the focus is seen').toBe('solid');
}

test('jobs: keys move, Enter opens, and the focus stays while jobs change', async ({ page, server }) => {
  const jobs = [];
  for (const title of ['One', 'Two', 'Three']) jobs.push(await post(server, '/api/jobs', { title }));
  await page.goto(`${server.url}/jobs`);
  const list = page.getByRole('list', { name: 'Jobs' });
  const rows = list.getByRole('listitem');
  await expect(rows).toHaveCount(3);
  await moves(page, list, rows);
  await page.keyboard.press('ArrowDown');
  await expect(rows.filter({ hasText: 'Two' })).toBeFocused();
  await post(server, '/api/jobs', { title: 'Four' });
  await expect(rows).toHaveCount(4);
  await expect(rows.filter({ hasText: 'Two' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Two');
  await page.goBack();
  await expect(rows).toHaveCount(4);
  // From anywhere, j leads into the list.
  await page.keyboard.press('j');
  await expect(rows.nth(0)).toBeFocused();
});

test('clients: the focus stays with a client whose row changes, and Enter shows it', async ({ context, server }) => {
  await server.listen('ada');
  await server.listen('bob');
  await server.listen('eve');
  const panel = await openPanel(context, server, '/clients', '?sort=client_id');
  const list = panel.locator('.client-rows');
  await expect(rowOf(panel, 'eve')).toBeVisible();
  await moves(panel, list, list.getByRole('row'));
  await panel.keyboard.press('ArrowDown');
  await expect(rowOf(panel, 'bob')).toBeFocused();
  // The row is rendered again.
  await server.listen('bob');
  await expect(rowOf(panel, 'bob').locator('.connections')).toHaveText('2');
  await expect(rowOf(panel, 'bob')).toBeFocused();
  // The space bar marks it.
  await panel.keyboard.press(' ');
  await expect(rowOf(panel, 'bob').getByRole('checkbox')).toBeChecked();
  await panel.keyboard.press('Enter');
  await expect(panel.getByRole('heading', { name: 'bob' })).toBeVisible();
});

test('a long list of clients: End leads to the last one, Home to the first', async ({ context, server }) => {
  for (let n = 0; n < 150; n++) await server.listen(`client-${String(n).padStart(3, '0')}`);
  const panel = await openPanel(context, server, '/clients', '?sort=client_id');
  await expect(rowOf(panel, 'client-000')).toBeVisible();
  await panel.locator('.client-rows').focus();
  await panel.keyboard.press('End');
  await expect(rowOf(panel, 'client-149')).toBeFocused();
  await panel.keyboard.press('ArrowUp');
  await expect(rowOf(panel, 'client-148')).toBeFocused();
  await panel.keyboard.press('Home');
  await expect(rowOf(panel, 'client-000')).toBeFocused();
});

test.describe('with webhooks', () => {
  test.use({ flags: ['--hook-allow-private=true', '--admin-token', token] });

  test('scheduled messages, hooks, keys, lists and the audit trail have rows with keys', async ({ context, server }) => {
    await signIn(await context.newPage(), server, token);
    for (const n of [1, 2, 3]) {
      await post(server, '/push', { to: { client: 'ada' }, data: n, delay: 3600 + n });
      await post(server, '/api/hooks', { url: `http://127.0.0.1:9/${n}`, events: ['message.acknowledged'] });
      await post(server, '/api/keys', { name: `key ${n}`, role: 'viewer' });
      await post(server, '/api/lists', { name: `list ${n}`, clients: ['ada'], topics: [] });
    }
    for (const [section, name] of [
      ['/scheduled', 'Scheduled'], ['/hooks', 'Webhooks'], ['/keys', 'Keys'], ['/audit', 'Audit'], ['/push', 'Lists'],
    ] as const) {
      const panel = await openPanel(context, server, section);
      const list = panel.locator('[data-list]').first();
      const rows = list.locator('> [data-row]');
      await expect(rows.nth(2), name).toBeVisible();
      await moves(panel, list, rows);
      await panel.close();
    }
  });
});

test('keys that are typed into a field of a row do not move', async ({ context, server }) => {
  for (const n of [1, 2]) await post(server, '/push', { to: { client: 'ada' }, data: n, delay: 3600 + n });
  const panel = await openPanel(context, server, '/scheduled');
  const row = panel.locator('[data-row]').first();
  await expect(row).toBeVisible();
  await panel.keyboard.press('j');
  await expect(row).toBeFocused();
  await panel.keyboard.press('Enter');
  const field = row.locator('input');
  await field.focus();
  await panel.keyboard.press('End');
  await panel.keyboard.press('j');
  await expect(field).toBeFocused();
});
