// *Audit* in the panel: who told whom.
import type { Page } from '@playwright/test';
import { type Tidings, expect, test } from '../fixtures';
import { devices, look } from '../looks';
import { goTo, sections, signIn } from '../panel';

const token = 'a-long-admin-token-of-the-tests';
test.use({ flags: ['--admin-token', token] });

const entries = (page: Page) => page.getByRole('list', { name: 'Audit trail' }).locator('> li');

async function send(server: Tidings, key: string, path: string, body: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` };
  return fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** A key that has pushed, and was refused. */
async function use(server: Tidings): Promise<string> {
  const made = await send(server, token, '/api/keys', { name: 'shop', role: 'publisher', clients: ['shop:*'], topics: ['orders/**'] });
  const { key } = await made.json();
  for (const to of [{ client: 'shop:1' }, { clients: ['shop:1', 'shop:2', 'shop:3'] }, { topic: 'orders/1' }]) {
    expect((await send(server, key, '/push', { to, data: 'hello' })).status).toBe(200);
  }
  for (let n = 0; n < 3; n++) expect((await send(server, key, '/push', { to: 'everyone', data: 'hello' })).status).toBe(403);
  return key;
}

test('it says who told whom, and the filter is in the URL', async ({ page, server }) => {
  await use(server);
  await signIn(page, server, token);
  await goTo(page, 'Audit');
  await expect(entries(page).filter({ hasText: 'key.create' })).toContainText('the admin token');
  await expect(entries(page).filter({ hasText: 'session.begin' })).toContainText('the panel');
  const refused = entries(page).filter({ hasText: 'forbidden' });
  await expect(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect(refused).toHaveCount(1, { timeout: 500 });
  }).toPass();
  await expect(refused).toContainText(/shop.*push.*everyone.*forbidden.*3 times.*127\.0\.0\.1/i);

  await page.getByLabel('Client', { exact: true }).fill('shop:1');
  await expect(entries(page)).toHaveCount(2);
  await expect(entries(page).first()).toContainText('3 clients');
  await expect(page).toHaveURL(/\/admin\/audit\?client=shop%3A1$/);
  await page.reload();
  await expect(entries(page)).toHaveCount(2);
  await page.getByLabel('Outcome').fill('forbidden');
  await expect(page.getByText('No entry matches the filter.')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filter' }).click();
  await expect(entries(page).filter({ hasText: 'key.create' })).toHaveCount(1);

  const today = await page.evaluate(() => {
    const now = new Date();
    const two = (n: number) => String(n).padStart(2, '0');
    return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  });
  await page.getByLabel('Day').fill(today);
  await expect(page).toHaveURL(new RegExp(`day=${today}`));
  await expect(entries(page).filter({ hasText: 'key.create' })).toHaveCount(1);
  await page.getByLabel('Day').fill('2020-01-01');
  await expect(entries(page)).toHaveCount(0);
  await page.getByLabel('Day').fill('');

  await entries(page).filter({ hasText: 'orders/1' }).getByRole('link').click();
  await expect(page).toHaveURL(/\/admin\/messages\?for=topic&name=orders%2F1/);
  await expect(page.getByText('hello')).toBeVisible();
});

test('older entries are loaded when they are asked for', async ({ page, server }) => {
  for (let n = 0; n < 60; n++) await send(server, token, '/push', { to: { client: `c${n}` }, data: n });
  await signIn(page, server, token);
  await goTo(page, 'Audit');
  await expect(entries(page)).toHaveCount(50);
  await page.getByRole('button', { name: 'Show older' }).click();
  await expect(entries(page)).toHaveCount(61);
  await expect(page.getByRole('button', { name: 'Show older' })).toHaveCount(0);
});

test('a failure can be retried', async ({ page, server }) => {
  await signIn(page, server, token);
  await page.route('**/api/audit*', (route) => route.abort());
  await goTo(page, 'Audit');
  const retry = page.getByRole('button', { name: 'Try again' });
  await expect(retry).toBeVisible();
  await page.unroute('**/api/audit*');
  await retry.click();
  await expect(entries(page)).toHaveCount(1);
});

test('who may not manage does not see it', async ({ page, server }) => {
  const made = await send(server, token, '/api/keys', { name: 'support', role: 'operator' });
  await signIn(page, server, (await made.json()).key);
  await expect(sections(page).getByRole('link', { name: 'Messages' })).toBeVisible();
  await expect(sections(page).getByRole('link', { name: 'Settings' })).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('the page fits and is accessible', async ({ page, server }) => {
      const key = await use(server);
      await send(server, key, '/push', { to: { topic: `orders/${'a-very-long-name/'.repeat(12)}` }, data: 1 });
      await send(server, 'not-a-token-of-this-server', '/push', { to: 'everyone', data: 1 });
      await signIn(page, server, token);
      await goTo(page, 'Audit');
      await expect(async () => {
        await page.getByRole('button', { name: 'Refresh' }).click();
        await expect(entries(page).filter({ hasText: 'unauthorized' })).toHaveCount(1, { timeout: 500 });
      }).toPass();
      for (const [device, size] of devices) {
        await page.setViewportSize(size);
        await look(page, `audit-${colorScheme}-${device}`);
      }
      await page.getByLabel('Who').fill('nobody');
      await expect(page.getByText('No entry matches the filter.')).toBeVisible();
      for (const [device, size] of devices) {
        await page.setViewportSize(size);
        await look(page, `audit-empty-${colorScheme}-${device}`);
      }
    });
  });
}
