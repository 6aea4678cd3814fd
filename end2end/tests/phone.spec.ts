// The navigation of the panel on a phone.
import { expect, test } from '../fixtures';
import { fitsItsWidth, isAccessible, phone } from '../looks';
import { goTo, openPanel, sections } from '../panel';

test.use({ viewport: phone });

test('the most used sections are a bar at the bottom, and the others a menu @phone', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const nav = sections(panel);
  const box = await nav.boundingBox();
  expect(box?.y ?? 0, 'at the bottom').toBeGreaterThan(phone.height - 80);
  for (const name of ['Overview', 'Clients', 'Messages', 'Push']) {
    const link = nav.getByRole('link', { name });
    await expect(link).toBeVisible();
    const { height } = (await link.boundingBox()) ?? { height: 0 };
    expect(height, `${name} can be touched`).toBeGreaterThanOrEqual(44);
  }
  const more = nav.getByRole('button', { name: 'More' });
  const scheduled = nav.getByRole('link', { name: 'Scheduled' });
  await expect(scheduled).toBeHidden();
  await more.click();
  await expect(more).toHaveAttribute('aria-expanded', 'true');
  await expect(scheduled).toBeVisible();
  await isAccessible(panel, ['serious', 'critical']);
  await panel.keyboard.press('Escape');
  await expect(scheduled).toBeHidden();
  await more.click();
  await expect(scheduled).toBeVisible();
  await panel.mouse.click(20, 200);
  await expect(scheduled).toBeHidden();
  // The keyboard reaches the menu, and a choice closes it.
  await more.focus();
  await panel.keyboard.press('Enter');
  await panel.keyboard.press('Tab');
  await expect(nav.getByRole('link', { name: 'Live tail' })).toBeFocused();
  await panel.keyboard.press('Tab');
  await expect(scheduled).toBeFocused();
  await panel.keyboard.press('Enter');
  await expect(panel.getByRole('heading', { level: 1, name: 'Scheduled' })).toBeVisible();
  await expect(scheduled).toBeHidden();
  await fitsItsWidth(panel);
});

test('no navigation scrolls sideways on a phone @phone', async ({ context, server }) => {
  for (const [tag, path] of [['en', '/admin/keys'], ['de', '/admin/keys'], ['fr', '/admin/limits']]) {
    await context.addCookies([{ name: 'tidings_lang', value: tag, url: server.url }]);
    const page = await context.newPage();
    await page.goto(`${server.url}${path}`);
    await expect(page.locator('nav.below')).toBeVisible();
    for (const nav of await page.locator('nav').all()) {
      const { scroll, client } = await nav.evaluate(({ scrollWidth: scroll, clientWidth: client }) => ({ scroll, client }));
      expect(scroll, `${tag}: ${await nav.getAttribute('aria-label')}`).toBeLessThanOrEqual(client);
    }
    await page.close();
  }
});

test('the end of a page and what has the focus are above the bar @phone', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await goTo(panel, 'Push');
  const bar = await sections(panel).boundingBox();
  const foot = panel.locator('.site-foot');
  // The page grows while its parts are loaded.
  await expect(async () => {
    await panel.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    const end = await foot.boundingBox();
    // Both are rounded to pixels of the screen.
    expect((end?.y ?? 0) + (end?.height ?? 0)).toBeLessThanOrEqual((bar?.y ?? 0) + 2);
  }).toPass();
});
