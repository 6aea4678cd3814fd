// Signing in to the panel with an account of a real OpenID Connect issuer.
import type { Page } from '@playwright/test';
import { Tidings, expect, freePort, test as base } from '../fixtures';
import { Issuer } from '../issuer';
import { devices, look } from '../looks';
import { goTo, isLive, sections } from '../panel';

const token = 'a-long-admin-token-of-the-tests';

const test = base.extend<{ shop: { server: Tidings; issuer: Issuer } }>({
  // The issuer has to know the port of the server, and the server the URL of the issuer.
  shop: async ({ reports }, use) => {
    const port = await freePort();
    const issuer = await Issuer.start(`http://127.0.0.1:${port}`);
    const server = await Tidings.start(['--admin-token', token, ...issuer.flags], port);
    await use({ server, issuer });
    reports.ended = true;
    await server.dispose();
    issuer.close();
  },
});

/** Fills in the pages of the issuer. */
async function agree(page: Page, name: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('anything');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

const link = (page: Page) => page.getByRole('link', { name: 'Sign in with the shop' });

test('an account of the issuer signs in, and may do what its groups say', async ({ page, shop: { server } }) => {
  await page.goto(`${server.url}/admin/clients`);
  await expect(link(page)).toBeVisible();
  for (const [name, size] of devices) {
    await page.setViewportSize(size);
    await look(page, `sign-in-oidc-${name}`);
  }
  await link(page).click();
  await agree(page, 'ada');
  // Back on the page with the link, by the page that goes on by itself: the strict cookie of the session was sent.
  await isLive(page);
  expect(new URL(page.url()).pathname).toBe('/admin/clients');
  await expect(sections(page).getByRole('link', { name: 'Settings' })).toHaveCount(0);
  await goTo(page, 'Account');
  await expect(page.getByRole('list', { name: 'Sessions' }).locator('> li')).toContainText(['ada']);
  await expect(page.getByRole('heading', { name: 'Password' })).toHaveCount(0);
  const cookies = await page.context().cookies(server.url);
  const session = cookies.find(({ name }) => name === 'tidings_session');
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  expect(cookies.filter(({ name }) => name === 'tidings_sign_in')).toEqual([]);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(link(page)).toBeVisible();
});

test('an admin of the issuer sees the account among the people, and in the audit trail', async ({ page, shop: { server, issuer } }) => {
  await page.goto(`${server.url}/admin`);
  await link(page).click();
  await agree(page, 'root');
  await isLive(page);
  await goTo(page, 'People');
  const root = page.getByRole('list', { name: 'People' }).locator('> li').filter({ hasText: 'root' });
  await expect(root).toContainText(issuer.url);
  await expect(root.getByLabel('Role of root')).toBeDisabled();
  await expect(root.getByRole('button', { name: 'Reset password' })).toBeDisabled();
  await goTo(page, 'Audit');
  await expect(page.getByRole('main')).toContainText('session.begin');
  await goTo(page, 'People');
  await root.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect(link(page)).toBeVisible();
});

test('an account without a role is told why', async ({ page, shop: { server } }) => {
  await page.goto(`${server.url}/admin`);
  await link(page).click();
  await agree(page, 'eve');
  await expect(page.getByRole('alert')).toContainText('eve may not sign in here');
  await look(page, 'sign-in-oidc-refused');
  await page.getByRole('link', { name: 'Sign in in another way' }).click();
  await expect(page.getByLabel('Admin token or API key')).toBeVisible();
});

test('while the issuer is down, the page says so and the admin token works', async ({ page, shop: { server, issuer } }) => {
  await page.goto(`${server.url}/admin`);
  issuer.close();
  await link(page).click();
  await expect(page.getByRole('alert')).toContainText("the issuer can't be used now");
  await page.getByRole('link', { name: 'Sign in in another way' }).click();
  await page.getByLabel('Admin token or API key').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await isLive(page);
});

test('signing in needs no script of this server until the panel', async ({ browser, shop: { server } }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/api/session/oidc`);
  await agree(page, 'ada');
  await page.waitForURL(`${server.url}/admin`);
  const session = await context.request.get(`${server.url}/api/session`);
  expect(await session.json()).toMatchObject({ admin: true, name: 'ada' });
  await context.close();
});
