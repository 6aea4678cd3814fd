// Layout and accessibility of all pages, in light and dark, on a desktop and a phone. The screenshots are saved in
// end2end/test-results/looks.
import type { BrowserContext } from '@playwright/test';
import { expect, Tab, test, type Tidings } from '../fixtures';
import { devices, look, phone } from '../looks';
import { entry, goTo, openEntry, openPanel, push, rowOf } from '../panel';

/** All pages without content. */
async function emptyPages(context: BrowserContext, server: Tidings, as: (name: string) => string): Promise<void> {
  const panel = await openPanel(context, server, '/clients');
  await expect(panel.getByText('No client is connected')).toBeVisible();
  await look(panel, as('clients-empty'));
  await goTo(panel, 'Messages');
  await expect(panel.getByText('No messages have been pushed yet')).toBeVisible();
  await look(panel, as('messages-empty'));
  await goTo(panel, 'Push');
  await look(panel, as('push-empty'));
  await goTo(panel, 'Overview');
  await look(panel, as('overview-empty'));
  await panel.goto(`${server.url}/admin/nodes`);
  await expect(panel.getByText('This server runs alone.')).toBeVisible();
  await look(panel, as('nodes-empty'));
  await panel.close();
  const { page } = await Tab.open(context, server);
  await look(page, as('listen-empty'));
  await page.goto(`${server.url}/try`);
  await expect(page.locator('#lines')).toContainText(server.url);
  await look(page, as('try'));
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await look(page, as('keys'));
  await page.close();
}

/** All pages with messages and clients of all kinds, and with all fields filled. */
async function fullPages(context: BrowserContext, server: Tidings, as: (name: string) => string): Promise<void> {
  const tab = await Tab.open(context, server);
  await tab.subscribe('orders/42');
  const client = await tab.id();
  await server.listen('a-client-with-a-long-name:that.goes~on@and.on-and-on-and-on-and-on', 'news', 'orders/**', 'stock/*', 'weather');
  for (let n = 0; n < 30; n++) await server.listen(`shop-${n}`, `orders/${n}`);
  await server.push({ to: { client }, data: 'Your parcel has left the warehouse.' });
  await server.push({ to: 'everyone', data: { order: 42, state: 'paid', lines: [{ sku: 'tea-17', n: 2 }] } });
  await server.push({ to: { client }, data: `A long word: ${'unbreakable'.repeat(30)}` });
  await server.push({ to: { clients: ['shop-1', 'ada', 'bea'] }, data: 'for three', event: 'greeting' });
  await expect(tab.messages()).toHaveCount(3);
  await look(tab.page, as('listen'));

  const panel = await openPanel(context, server, '/clients', `?client=${client}`);
  await expect(panel.getByRole('region', { name: client })).toContainText('Online');
  await expect(rowOf(panel, 'shop-29')).toBeVisible();
  await look(panel, as('clients'));
  await panel.goto(`${server.url}/admin/client?id=${client}`);
  await expect(panel.getByRole('region', { name: 'Timeline' })).toContainText('acknowledged');
  await look(panel, as('client'));
  await goTo(panel, 'Messages');
  await entry(panel, 'unbreakable').getByRole('checkbox').check();
  await look(panel, as('messages'));
  await openEntry(panel, 'unbreakable');
  await expect(panel.getByRole('list', { name: 'Recipients' })).toContainText('acknowledged');
  await look(panel, as('message'));
  await panel.keyboard.press('Escape');
  await goTo(panel, 'Push');
  await panel.getByLabel('Client id', { exact: true }).fill(client);
  await panel.getByLabel('Data').fill('{"order": 42}');
  await push(panel);
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('acknowledged');
  await panel.getByRole('radio', { name: 'JSON' }).check();
  await panel.getByLabel('Data').fill('{"order": }');
  await expect(panel.getByText(/Line 1, column 11/)).toBeVisible();
  await look(panel, as('push'));
  await goTo(panel, 'Overview');
  await expect(panel.getByRole('region', { name: 'Clients' }).locator('.value')).toHaveText('32', { timeout: 20_000 });
  await look(panel, as('overview'));
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of devices) {
    test.describe(`${colorScheme}, ${device}`, () => {
      test.use({ colorScheme, viewport, contextOptions: { reducedMotion: 'reduce' } });

      test('every page fits and is accessible', async ({ context, server }) => {
        test.slow();
        const as = (name: string) => `${name}-${colorScheme}-${device}`;
        await emptyPages(context, server, as);
        await fullPages(context, server, as);
      });
    });
  }
}

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN', viewport: phone });

  test('every page fits', async ({ page, server }) => {
    for (const [name, path] of Object.entries({ listen: '/', overview: '/admin', clients: '/admin/clients', messages: '/admin/messages', push: '/admin/push', nodes: '/admin/nodes', try: '/try' })) {
      await page.goto(server.url + path);
      await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
      await look(page, `${name}-chinese-phone`);
    }
  });
});

test('hydration does not move anything on a page', async ({ context, server }) => {
  await context.addInitScript(() => {
    (window as any).shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as any[]) {
        const nodes = entry.sources.map((source: any) => source.node?.className ?? source.node?.nodeName);
        (window as any).shifts.push({ value: entry.value, nodes });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const tab = await Tab.open(context, server);
  await tab.id();
  // The text of the state may become shorter. The limit is a hundredth of a good layout shift score.
  const shifts = await tab.page.evaluate(() => (window as any).shifts);
  const total = shifts.reduce((sum: number, { value }: { value: number }) => sum + value, 0);
  expect(total, JSON.stringify(shifts)).toBeLessThan(0.001);
});

test('the subscriber page can be used with the keyboard only', async ({ context, server }) => {
  const { page } = await Tab.open(context, server);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  const field = page.getByLabel('Topic or pattern', { exact: true }).first();
  for (let n = 0; n < 20 && !(await field.evaluate((e) => e === document.activeElement)); n++) {
    await page.keyboard.press('Tab');
  }
  await expect(field).toBeFocused();
  await page.keyboard.type('news');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Unsubscribe from news' })).toBeVisible();
});

test('an unknown address shows an error', async ({ page, server }) => {
  const response = await page.goto(`${server.url}/no-such-page`);
  expect(response?.status()).toBe(404);
});
