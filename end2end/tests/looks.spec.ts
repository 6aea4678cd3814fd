// How the pages look and how they can be used: for those who hear them, in light and dark, on a phone.
// The screenshots are kept in end2end/test-results/looks.
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { BrowserContext, Page } from '@playwright/test';
import { expect, Tab, test, type Tidings } from '../fixtures';

const phone = { width: 360, height: 740 };
const looks = (name: string) => fileURLToPath(new URL(`../test-results/looks/${name}.png`, import.meta.url));

/** A subscriber page with messages of all kinds, and a panel with something in every field. */
async function fullPages(context: BrowserContext, server: Tidings): Promise<{ listen: Page; admin: Page }> {
  const tab = await Tab.open(context, server);
  await tab.subscribe('orders/42');
  const client = await tab.id();
  await server.push({ to: { client }, data: 'Your parcel has left the warehouse.' });
  await server.push({ to: 'everyone', data: { order: 42, state: 'paid', lines: [{ sku: 'tea-17', n: 2 }] } });
  await server.push({ to: { client }, data: `A long word: ${'unbreakable'.repeat(30)}` });
  await expect(tab.messages()).toHaveCount(3);

  const admin = await context.newPage();
  await admin.goto(`${server.url}/admin`);
  await admin.getByRole('button', { name: `Push to ${client}` }).click();
  await admin.getByRole('radio', { name: 'JSON' }).check();
  await admin.getByLabel('Data').fill('{"order": 42}');
  await admin.getByRole('button', { name: 'Push', exact: true }).click();
  await expect(admin.getByText('Reached 1 connection now.').first()).toBeVisible();
  await admin.getByRole('button', { name: 'Details' }).first().click();
  await expect(admin.getByRole('list', { name: 'Recipients' })).toContainText('acknowledged');
  await admin.getByRole('button', { name: `About ${client}` }).click();
  await expect(admin.getByRole('heading', { name: client })).toBeVisible();
  await admin.getByLabel('Data').fill('{"order": }');
  await expect(admin.getByText(/Line 1, column 11/)).toBeVisible();
  return { listen: tab.page, admin };
}

async function hasNoSeriousViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  expect(told, `axe on ${page.url()}`).toEqual([]);
}

async function fitsItsWidth(page: Page): Promise<void> {
  const { scroll, client } = await page.evaluate(() => {
    const { scrollWidth: scroll, clientWidth: client } = document.documentElement;
    return { scroll, client };
  });
  expect(scroll, `${page.url()} needs no scrolling sideways`).toBeLessThanOrEqual(client);
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of Object.entries({ desktop: { width: 1280, height: 860 }, phone })) {
    test.describe(`${colorScheme}, ${device}`, () => {
      test.use({ colorScheme, viewport, reducedMotion: 'reduce' });

      test('both pages fit, and axe finds nothing serious', async ({ context, server }) => {
        const empty = await Tab.open(context, server);
        await hasNoSeriousViolations(empty.page);
        await empty.page.screenshot({ path: looks(`listen-empty-${colorScheme}-${device}`), fullPage: true });
        const pages = await fullPages(context, server);
        for (const [name, page] of Object.entries(pages)) {
          await fitsItsWidth(page);
          await hasNoSeriousViolations(page);
          await page.screenshot({ path: looks(`${name}-${colorScheme}-${device}`), fullPage: true });
        }
      });
    });
  }
}

test('nothing moves when a page comes alive', async ({ context, server }) => {
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
  // The word beside the dot may be shorter than the one before; a hundredth of what counts as good is nothing.
  const shifts = await tab.page.evaluate(() => (window as any).shifts);
  const total = shifts.reduce((sum: number, { value }: { value: number }) => sum + value, 0);
  expect(total, JSON.stringify(shifts)).toBeLessThan(0.001);
});

test('the subscriber page works by keyboard alone', async ({ context, server }) => {
  const { page } = await Tab.open(context, server);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused();
  const field = page.getByLabel('Topic or pattern', { exact: true }).first();
  for (let n = 0; n < 20 && !(await field.evaluate((e) => e === document.activeElement)); n++) {
    await page.keyboard.press('Tab');
  }
  await expect(field).toBeFocused();
  await page.keyboard.type('news');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Leave news' })).toBeVisible();
});

test('an address that leads nowhere says so', async ({ page, server }) => {
  const response = await page.goto(`${server.url}/no-such-page`);
  expect(response?.status()).toBe(404);
});
