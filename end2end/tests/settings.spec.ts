// *Settings* in the panel: the navigation between them, *Roles* and *Limits*.
import { expect, test } from '../fixtures';
import { devices, look } from '../looks';
import { goTo, sections, settingsNav, signIn } from '../panel';

const token = 'a-long-admin-token-of-the-tests';
test.use({ flags: ['--admin-token', token, '--limit-pushes', '1'] });

const authorization = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };

test('the settings have a navigation of their own @phone', async ({ page, server }) => {
  await signIn(page, server, token);
  await expect(settingsNav(page)).toHaveCount(0);
  await goTo(page, 'Limits');
  await expect(page).toHaveURL(/\/admin\/limits$/);
  // On a phone it is in the menu.
  const link = sections(page).getByRole('link', { name: 'Settings', includeHidden: true });
  await expect(link).toHaveAttribute('aria-current', 'page');
  await expect(settingsNav(page).getByRole('link')).toHaveText(['Keys', 'Webhooks', 'People', 'Roles', 'Limits', 'Audit']);
  await goTo(page, 'Roles');
  const roles = page.getByRole('list', { name: 'Roles' }).locator('> li');
  await expect(roles).toContainText(['admin', 'listener', 'operator', 'publisher', 'viewer']);
  await expect(roles.filter({ hasText: 'publisher' })).toContainText('push, job');
  await goTo(page, 'Clients');
  await expect(settingsNav(page)).toHaveCount(0);
});

test('a limit that was reached leads to who reached it', async ({ page, server }) => {
  const body = JSON.stringify({ name: 'shop', role: 'publisher' });
  const made = await fetch(`${server.url}/api/keys`, { method: 'POST', headers: authorization, body });
  const { key } = await made.json();
  const push = { to: 'everyone', data: 'hello' };
  for (let n = 0; n < 12; n++) {
    const headers = { ...authorization, Authorization: `Bearer ${key}` };
    await fetch(`${server.url}/push`, { method: 'POST', headers, body: JSON.stringify(push) });
  }
  await signIn(page, server, token);
  await goTo(page, 'Limits');
  const pushes = page.getByRole('listitem').filter({ hasText: 'Messages that one caller pushes' });
  await expect(pushes).toContainText('1 a second');
  await pushes.getByRole('link', { name: /^refused \d+ times?$/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Audit' })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Audit trail' })).toContainText('shop');
});

test('a key gets so many pushes a day', async ({ page, server }) => {
  await signIn(page, server, token);
  await goTo(page, 'Keys');
  const form = page.getByRole('region', { name: 'New key' });
  await form.getByLabel('Name').fill('shop');
  await form.getByLabel('Pushes a day').fill('500');
  await form.getByRole('button', { name: 'Create key' }).click();
  await page.getByRole('alert').getByRole('button', { name: 'Done' }).click();
  const shop = page.getByRole('list', { name: 'API keys' }).locator('> li').filter({ hasText: 'shop' });
  await expect(shop).toContainText(/Pushes today \(UTC\)\s*0 \/ 500/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('roles and limits fit and are accessible', async ({ page, server }) => {
      await signIn(page, server, token);
      for (const name of ['Roles', 'Limits'] as const) {
        await goTo(page, name);
        await expect(page.getByRole('listitem').first()).toBeVisible();
        for (const [device, size] of devices) {
          await page.setViewportSize(size);
          await look(page, `${name.toLowerCase()}-${colorScheme}-${device}`);
        }
        await page.setViewportSize(devices[0][1]);
      }
    });
  });
}
