// Ctrl-K: one dialog that finds everything.
import type { Page } from '@playwright/test';
import { expect, test, type Tidings } from '../fixtures';
import { devices, look } from '../looks';
import { openPanel, signIn } from '../panel';

const token = 'an-admin-token-that-is-long-enough';
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Find a page' });
const field = (page: Page) => dialog(page).getByRole('combobox');
const options = (page: Page) => dialog(page).getByRole('option');

async function post(server: Tidings, path: string, body: object): Promise<any> {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.ok, path).toBe(true);
  return answer.json();
}

/** Opens the dialog and types. */
async function find(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(field(page)).toBeFocused();
  await field(page).fill(text);
}

test('it opens by its keys, loads its part then, and gives the focus back', async ({ page, server }) => {
  const parts: string[] = [];
  page.on('request', (request) => {
    const isPrefetch = request.headers()['sec-purpose'] === 'prefetch';
    if (request.url().includes('split_palette') && !isPrefetch) parts.push(request.url());
  });
  await page.goto(`${server.url}/admin/clients`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const before = page.getByRole('searchbox').first();
  await before.focus();
  expect(parts).toEqual([]);
  await page.keyboard.press('Control+k');
  await expect(field(page)).toBeFocused();
  expect(parts.length).toBe(1);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await expect(before).toBeFocused();
  // Cmd on a Mac, and the text of last time is gone.
  await page.keyboard.press('Meta+k');
  await expect(field(page)).toHaveValue('');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Find/ }).click();
  await expect(dialog(page)).toBeVisible();
  expect(parts.length).toBe(1);
});

test('arrows choose, Enter goes there, and all of it is told', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await find(panel, 'audit');
  await expect(options(panel).first()).toContainText('Audit');
  await expect(options(panel).first()).toHaveAttribute('aria-selected', 'true');
  const active = async () => panel.locator(`#${await field(panel).getAttribute('aria-activedescendant')}`);
  await expect(await active()).toContainText('Audit');
  await field(panel).fill('');
  await panel.keyboard.press('ArrowDown');
  await expect(options(panel).nth(1)).toHaveAttribute('aria-selected', 'true');
  await panel.keyboard.press('ArrowUp');
  await panel.keyboard.press('ArrowUp');
  await expect(options(panel).last()).toHaveAttribute('aria-selected', 'true');
  await field(panel).fill('webhooks');
  await panel.keyboard.press('Enter');
  await expect(dialog(panel)).toBeHidden();
  await expect(panel).toHaveURL(`${server.url}/admin/hooks`);
  await find(panel, 'no such thing at all');
  await expect(dialog(panel).getByRole('status')).toHaveText('Nothing was found.');
});

test('it finds clients, topics, messages, jobs and lists', async ({ context, server }) => {
  await server.listen('anna-needle', 'needles/1');
  const { id } = await server.push({ to: { client: 'anna-needle' }, data: 'a needle in the hay' });
  const job = await post(server, '/api/jobs', { title: 'Sort the needles' });
  await post(server, '/api/lists', { name: 'Needlework', clients: ['anna'], topics: [] });
  const panel = await openPanel(context, server);
  await find(panel, 'needle');
  for (const [kind, title] of [
    ['Client', 'anna-needle'], ['Topic', 'needles/1'], ['Message', 'a needle in the hay'], ['Job', 'Sort the needles'], ['List', 'Needlework'],
  ]) {
    await expect(options(panel).filter({ hasText: kind }).filter({ hasText: title })).toHaveCount(1);
  }
  await expect(dialog(panel).getByRole('status')).toContainText('results');
  await options(panel).filter({ hasText: 'Sort the needles' }).click();
  await expect(panel).toHaveURL(`${server.url}/jobs/${job.id}`);

  await panel.goto(`${server.url}/jobs`);
  await expect(panel.getByText('Live', { exact: true })).toBeVisible();
  await find(panel, id!);
  await expect(options(panel).filter({ hasText: 'a needle in the hay' })).toHaveCount(1);
  await field(panel).fill('anna-needle');
  await options(panel).filter({ hasText: 'Client' }).click();
  await expect(panel).toHaveURL(`${server.url}/admin/client?id=anna-needle`);
  await expect(panel.getByText('anna-needle').first()).toBeVisible();
});

test('an answer that comes late does not replace a newer one, and a failed search says so', async ({ context, server }) => {
  await post(server, '/api/jobs', { title: 'slow snail' });
  await post(server, '/api/jobs', { title: 'quick fox' });
  const panel = await openPanel(context, server);
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => { asked = resolve; });
  await panel.route(/\/api\/jobs\?.*q=slow/, async (route) => {
    asked();
    await held;
    await route.continue();
  });
  await find(panel, 'slow');
  await isAsked;
  await field(panel).fill('quick');
  await expect(options(panel).filter({ hasText: 'quick fox' })).toHaveCount(1);
  const late = panel.waitForResponse(/\/api\/jobs\?.*q=slow/);
  release();
  await late;
  await field(panel).fill('quick fox');
  await expect(options(panel).filter({ hasText: 'quick fox' })).toHaveCount(1);
  await expect(options(panel).filter({ hasText: 'slow snail' })).toHaveCount(0);
});

test.describe('with a search that fails', () => {
  test.use({ tolerated: /Failed to load resource/ });

  test('the others are shown, and it is said which one failed', async ({ context, server }) => {
    await post(server, '/api/jobs', { title: 'quick fox' });
    const panel = await openPanel(context, server);
    await panel.route(/\/api\/topics/, (route) => route.fulfill({ status: 500, body: '' }));
    await find(panel, 'fox');
    await expect(dialog(panel).getByRole('alert')).toContainText('Topics: the search failed.');
    await expect(options(panel).filter({ hasText: 'quick fox' })).toHaveCount(1);
  });
});

test.describe('with an admin token', () => {
  test.use({ flags: ['--admin-token', token] });

  test('it signs out', async ({ page, server }) => {
    await signIn(page, server, token);
    await find(page, 'sign out');
    await expect(options(page)).toHaveCount(1);
    await page.keyboard.press('Enter');
    await expect(page.getByLabel('Admin token or API key')).toBeVisible();
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of devices) {
    test(`it fits and is accessible: ${colorScheme}, ${device}`, async ({ browser, server }) => {
      const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce' });
      await server.listen('anna', 'orders/42');
      await post(server, '/api/jobs', { title: `Orders: ${'unbreakable'.repeat(10)}` });
      const panel = await openPanel(context, server);
      await find(panel, '');
      await look(panel, `palette-${colorScheme}-${device}`);
      await field(panel).fill('orders');
      await expect(options(panel).filter({ hasText: 'orders/42' })).toHaveCount(1);
      await look(panel, `palette-found-${colorScheme}-${device}`);
      await context.close();
    });
  }
}
