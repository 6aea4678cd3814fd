// People: they sign in with a name and a password, and whoever may manage adds and removes them.
import type { Page } from '@playwright/test';
import { Tidings, expect, test } from '../fixtures';
import { devices, look } from '../looks';
import { goTo, sections } from '../panel';

const token = 'a-long-admin-token-of-the-tests';
const password = 'correct horse';
test.use({ flags: ['--admin-token', token] });

async function add(server: Tidings, name: string, role: string, clients: string[] = []): Promise<void> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const body = JSON.stringify({ name, password, role, clients });
  const answer = await fetch(`${server.url}/api/people`, { method: 'POST', headers, body });
  expect(answer.status).toBe(201);
}

async function fill(page: Page, name: string, secret: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function signIn(page: Page, server: Tidings, name: string): Promise<void> {
  await page.goto(`${server.url}/admin`);
  await fill(page, name, password);
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 30_000 });
}

const people = (page: Page) => page.getByRole('list', { name: 'People' }).locator('> li');
const personOf = (page: Page, name: string) => people(page).filter({ hasText: name });

test('a person signs in by name, and sees what their role may do', async ({ page, server }) => {
  await add(server, 'Ada', 'viewer');
  await page.goto(`${server.url}/admin`);
  await fill(page, 'ada', 'a wrong password');
  await expect(page.getByText('there is nobody with this name and this password')).toBeVisible();
  await look(page, 'sign-in-wrong');
  await fill(page, 'ada', password);
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(sections(page).getByRole('link', { name: 'Settings' })).toHaveCount(0);
  await goTo(page, 'Account');
  await expect(page.getByText('this browser')).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Use a token instead' }).click();
  await page.getByLabel('Admin token or API key').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(sections(page).getByRole('link', { name: 'Settings' })).toBeVisible();
});

test('a person with another role still reaches only some clients', async ({ page, server }) => {
  await add(server, 'root', 'admin');
  await add(server, 'shop', 'viewer', ['shop:*']);
  await signIn(page, server, 'root');
  await goTo(page, 'People');
  await expect(personOf(page, 'shop')).toContainText('shop:*');
  await page.getByLabel('Role of shop').selectOption('operator');
  await expect(page.getByText('shop is changed')).toBeVisible();
  await expect(personOf(page, 'shop').getByRole('combobox')).toHaveValue('operator');
  await expect(personOf(page, 'shop')).toContainText('shop:*');
});

test('people are added, changed and removed', async ({ page, server }) => {
  await add(server, 'root', 'admin');
  await signIn(page, server, 'root');
  await goTo(page, 'People');
  const form = page.getByRole('region', { name: 'New person' });
  await form.getByLabel('Name').fill('Bob');
  await form.getByLabel('Password').fill('short');
  await form.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByText('must have at least 10 characters')).toBeVisible();
  await form.getByLabel('Password').fill(password);
  await form.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByText('Bob can sign in now.')).toBeVisible();
  await personOf(page, 'Bob').getByLabel('Role of Bob').selectOption('operator');
  await expect(page.getByText('Bob is changed.')).toBeVisible();
  await personOf(page, 'Bob').getByRole('button', { name: 'Reset password' }).click();
  await personOf(page, 'Bob').getByLabel('New password').fill('another horse');
  await personOf(page, 'Bob').getByRole('button', { name: 'Set password', exact: true }).click();
  await expect(personOf(page, 'Bob').getByLabel('New password')).toHaveCount(0);
  for (const [name, size] of devices) {
    await page.setViewportSize(size);
    await look(page, `people-${name}`);
  }
  await page.emulateMedia({ colorScheme: 'dark' });
  await look(page, 'people-dark');
  await personOf(page, 'Bob').getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect(personOf(page, 'Bob')).toHaveCount(0);
});

test('a person changes the own password, and ends another session', async ({ page, server }) => {
  await add(server, 'ada', 'viewer');
  const elsewhere = await fetch(`${server.url}/api/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'ada', password }),
  });
  expect(elsewhere.status).toBe(200);
  await signIn(page, server, 'ada');
  await goTo(page, 'Account');
  const sessions = page.getByRole('list', { name: 'Sessions' }).locator('> li');
  await expect(sessions).toHaveCount(2);
  const other = sessions.filter({ hasNotText: 'this browser' });
  await other.getByRole('button', { name: 'End' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End' }).click();
  await expect(sessions).toHaveCount(1);
  const own = page.getByRole('region', { name: 'Password', exact: true });
  await own.getByLabel('Current password').fill(password);
  await own.getByLabel('New password').fill('another horse');
  await own.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('The password is changed.')).toBeVisible();
  for (const [name, size] of devices) {
    await page.setViewportSize(size);
    await look(page, `account-${name}`);
  }
});
