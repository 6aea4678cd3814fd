// The two languages of the pages: by the preference of the browser, and by the switch.
import { expect, Tab, test } from '../fixtures';

test.describe('a browser that prefers Chinese', () => {
  test.use({ locale: 'zh-CN' });

  test('gets Chinese before any script has run', async ({ browser, server }) => {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'zh-CN' });
    const page = await context.newPage();
    await page.goto(server.url);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('订阅');
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
    await context.close();
  });

  test('can switch to English at once and on every page', async ({ page, server }) => {
    await page.goto(server.url);
    await expect(page.getByRole('status')).toHaveText('实时');
    let loads = 0;
    page.on('load', () => loads++);
    await page.getByRole('button', { name: 'English' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Subscriber');
    await expect(page.getByRole('status')).toHaveText('Live');
    await expect(page).toHaveTitle(/^Subscriber/);
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    expect(loads, 'without loading the page again').toBe(0);
    await page.goto(`${server.url}/admin/push`);
    await expect(page.getByRole('link', { name: 'Subscriber' })).toBeVisible();
  });
});

test('a page with messages can switch to Chinese', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const { id } = await server.push({ to: { client: await tab.id() }, data: 'secret' });
  await expect(tab.messages()).toContainText('secret');
  await server.recall(id);
  await expect(tab.messages()).toContainText('The sender recalled this message.');
  await tab.page.getByRole('button', { name: '中文' }).click();
  await expect(tab.page.getByRole('log', { name: '消息' })).toContainText('发送者已撤回这条消息。');
  await expect(tab.state()).toHaveText('实时');
});
