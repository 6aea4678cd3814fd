// *Keys* in the panel, and the panel of somebody who signed in with a key.
import type { Page } from '@playwright/test';
import { Tidings, expect, test } from '../fixtures';
import { devices, look } from '../looks';
import { goTo, openPanel, sections, signIn } from '../panel';

const token = 'a-long-admin-token-of-the-tests';
test.use({ flags: ['--admin-token', token] });

const keys = (page: Page) => page.getByRole('list', { name: 'API keys' }).locator('> li');
const keyOf = (page: Page, name: string) => keys(page).filter({ hasText: name });

/** Fills the form and returns the text of the key. */
async function create(page: Page, name: string, role: string, { clients = '', topics = '' } = {}): Promise<string> {
  const form = page.getByRole('region', { name: 'New key' });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Role').selectOption(role);
  await form.getByLabel('Clients').fill(clients);
  await form.getByLabel('Topics').fill(topics);
  await form.getByRole('button', { name: 'Create key' }).click();
  return shown(page, name);
}

/** The text of a key that was just made. */
async function shown(page: Page, name: string): Promise<string> {
  const once = page.getByRole('alert').filter({ hasText: `Copy the key ${name} now` });
  const text = once.locator('pre');
  await expect(text).toHaveText(/^tdg_\w+$/);
  const key = (await text.textContent()) ?? '';
  await once.getByRole('button', { name: 'Done' }).click();
  await expect(once).toHaveCount(0);
  return key;
}

/** The status of a push with this key. */
async function pushed(server: Tidings, key: string, to: unknown): Promise<number> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` };
  const body = JSON.stringify({ to, data: 'hello' });
  return (await fetch(`${server.url}/push`, { method: 'POST', headers, body })).status;
}

async function makeKey(server: Tidings, body: object): Promise<string> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const answer = await fetch(`${server.url}/api/keys`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(201);
  return (await answer.json()).key;
}

test('a key is made, used, rotated and revoked', async ({ page, server }) => {
  await signIn(page, server, token);
  await goTo(page, 'Keys');
  await expect(page.getByText('No keys yet.')).toBeVisible();
  const key = await create(page, 'shop', 'publisher', { topics: 'orders/**  news' });
  await expect(keyOf(page, 'shop')).toContainText('orders/**');
  await expect(keyOf(page, 'shop')).toContainText(/Last used\s*never/);
  expect(await pushed(server, key, { topic: 'orders/1' })).toBe(200);
  expect(await pushed(server, key, { topic: 'prices' })).toBe(403);
  await page.reload();
  await expect(keyOf(page, 'shop')).toContainText('from 127.0.0.1');

  await keyOf(page, 'shop').getByRole('button', { name: 'Rotate' }).click();
  await page.getByRole('alertdialog', { name: 'Rotate' }).getByRole('button', { name: 'Rotate' }).click();
  const rotated = await shown(page, 'shop');
  expect(rotated).not.toBe(key);
  expect(await pushed(server, rotated, { topic: 'news' })).toBe(200);
  expect(await pushed(server, key, { topic: 'news' })).toBe(200);
  await expect(keyOf(page, 'shop')).toContainText('The text before the last rotation is good until');

  await keyOf(page, 'shop').getByRole('button', { name: 'Revoke' }).click();
  const question = page.getByRole('alertdialog', { name: 'Revoke' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await keyOf(page, 'shop').getByRole('button', { name: 'Revoke' }).click();
  await question.getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('shop is revoked.')).toBeVisible();
  await expect(keyOf(page, 'shop')).toHaveCount(0);
  expect(await pushed(server, rotated, { topic: 'news' })).toBe(401);
});

test('an error is shown at its field', async ({ page, server }) => {
  await signIn(page, server, token);
  await goTo(page, 'Keys');
  const form = page.getByRole('region', { name: 'New key' });
  await form.getByLabel('Name').fill('shop');
  await form.getByLabel('Topics').fill('a/**/b');
  await form.getByRole('button', { name: 'Create key' }).click();
  await expect(form.getByLabel('Topics')).toHaveAttribute('aria-invalid', 'true');
  await expect(form.getByLabel('Name')).toHaveAttribute('aria-invalid', 'false');
  await expect(form.locator('#key-topics-note')).not.toBeEmpty();
});

test('a key is tested: what it is, and what it may do to a client or a topic', async ({ page, server }) => {
  const key = await makeKey(server, { name: 'shop', role: 'publisher', clients: ['shop:*'], topics: ['orders/**'], pushes_per_day: 500 });
  await signIn(page, server, token);
  await goTo(page, 'Keys');
  await expect(keyOf(page, 'shop')).toContainText('0 / 500');
  const tester = page.getByRole('region', { name: 'What may this key do?' });
  const ask = async (key: string, client = '', topic = '') => {
    await tester.getByLabel('Admin token or API key').fill(key);
    await tester.getByLabel('Clients').fill(client);
    await tester.getByLabel('Topics').fill(topic);
    await tester.getByRole('button', { name: 'What may this key do?' }).click();
  };
  const told = tester.getByRole('status');
  await ask(key);
  await expect(told).toHaveText('the API key shop may push, job for the clients shop:*, the topics orders/**');
  await ask(key, 'bank:7');
  await expect(told).toContainText('for the client bank:7: job');
  await ask(key, '', 'orders/*');
  await expect(told).toContainText('for the topics orders/*: push, job');
  await ask(key.slice(0, 20));
  await expect(told).toContainText('this is not a complete API key');
  await ask(key, '', 'a/**/b');
  await expect(told).not.toContainText('the API key');
});

test('who signs in with a key of a viewer sees neither the push form nor the keys', async ({ page, server }) => {
  const viewer = await makeKey(server, { name: 'support', role: 'viewer' });
  await signIn(page, server, viewer);
  await expect(sections(page).getByRole('link', { name: 'Messages' })).toBeVisible();
  await expect(sections(page).getByRole('link', { name: 'Push' })).toHaveCount(0);
  await expect(sections(page).getByRole('link', { name: 'Settings' })).toHaveCount(0);
});

test('without an admin token there are no keys', async ({ context }) => {
  const server = await Tidings.start();
  try {
    const panel = await openPanel(context, server, '/keys');
    await expect(panel.getByText('Keys need an admin token: start the server with --admin-token.')).toBeVisible();
  } finally {
    await server.dispose();
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('the page of keys fits and is accessible', async ({ page, server }) => {
      await makeKey(server, { name: 'shop', role: 'publisher', clients: ['shop:*'], topics: ['orders/**'], ttl: 7_776_000 });
      await makeKey(server, { name: 'support team in the north', role: 'operator' });
      await makeKey(server, { name: 'reports', permissions: [{ actions: ['read', 'metrics'], clients: ['*'], topics: ['a-topic-with-a-very-long-name/of-several/segments/**'] }] });
      await signIn(page, server, token);
      await goTo(page, 'Keys');
      await expect(keys(page)).toHaveCount(4);
      for (const [device, size] of devices) {
        await page.setViewportSize(size);
        await look(page, `api-keys-${colorScheme}-${device}`);
      }
      await page.getByRole('region', { name: 'New key' }).getByLabel('Name').fill('jobs');
      await page.getByRole('button', { name: 'Create key' }).click();
      await expect(page.getByRole('alert')).toContainText('it is not shown again');
      await keyOf(page, 'shop').getByRole('button', { name: 'Revoke' }).click();
      for (const [device, size] of devices) {
        await page.setViewportSize(size);
        await look(page, `api-keys-made-${colorScheme}-${device}`);
      }
    });
  });
}
