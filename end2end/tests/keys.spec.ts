// Keyboard shortcuts.
import { expect, test } from '../fixtures';
import { openPanel } from '../panel';

test('two keys lead to every section, and `/` to its search', async ({ context, server }) => {
  const page = await openPanel(context, server);
  const heading = page.getByRole('heading', { level: 1 });
  for (const [key, name] of [['c', 'Clients'], ['m', 'Messages'], ['p', 'Push'], ['o', 'Overview']]) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await expect(heading).toHaveText(name);
  }
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.keyboard.press('/');
  await expect(page.getByLabel('Filter by text')).toBeFocused();
  await page.keyboard.type('g l ? /');
  await expect(page.getByLabel('Filter by text')).toHaveValue('g l ? /');
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await expect(heading).toHaveText('Subscriber');
});

test('`?` shows all keys, and Esc closes the list', async ({ page, server }) => {
  await page.goto(server.url);
  await expect(page.getByRole('status')).toHaveText('Live');
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(dialog).toBeVisible();
  await expect(dialog).toContainText('Messages');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: /Keyboard/ }).click();
  await expect(dialog).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
});
