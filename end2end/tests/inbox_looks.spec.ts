// The subscriber page in each of its states: axe finds no violations, and nothing scrolls sideways. The screenshots are
// saved in end2end/test-results/looks.
import { expect, Tab, test } from '../fixtures';
import { devices, look } from '../looks';

for (const [device, viewport] of devices) {
  for (const [colorScheme, locale] of [['light', 'en-GB'], ['dark', 'zh-CN']] as const) {
    test.describe(`${colorScheme}, ${device}, ${locale}`, () => {
      test.use({ viewport, colorScheme, locale, contextOptions: { reducedMotion: 'reduce' } });
      const named = (state: string) => `inbox-${state}-${colorScheme}-${device}`;

      test('the subscriber page is accessible and fits in each state', async ({ page, server }) => {
        await page.goto(server.url);
        const tab = new Tab(page);
        await expect(tab.state()).toHaveText(/Live|实时/);
        const client = await page.getByRole('code').first().textContent();
        await look(page, named('empty'));

        await server.push({ to: { client }, data: 'Good morning. Your parcel leaves the warehouse today.' });
        const lines = [...Array(20).keys()].map((n) => ({ sku: `tea-${n}`, n }));
        await server.push({ to: { client }, event: 'order.paid', data: { order: 42, total: 99.5, lines } });
        await server.push({ to: { client }, event: 'order.sent', data: { order: 42, carrier: 'Hermes' } });
        const slip = await server.push({ to: { client }, data: 'a slip' });
        await expect(page.getByRole('listitem')).toHaveCount(4);
        await server.recall(slip.id);
        await page.getByRole('listitem').last().getByRole('button').click();
        await page.evaluate(() => {
          Object.defineProperty(document, 'hidden', { value: true, configurable: true });
          document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
        });
        await server.push({ to: { client }, event: 'order.sent', data: 'It came while nobody looked.' });
        await expect(page.getByRole('listitem')).toHaveCount(5);
        await page.locator('summary').click();
        await page.getByRole('switch').first().check();
        await look(page, named('full'));

        await page.getByRole('searchbox').fill('nothing like it');
        await look(page, named('no-match'));
        await page.getByRole('searchbox').fill('');
        await server.kill();
        await expect(page.locator('.reason')).not.toBeEmpty();
        await look(page, named('waiting'));
      });
    });
  }
}
