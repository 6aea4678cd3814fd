// Checks the layout and the accessibility of a page, and takes screenshots.
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './fixtures';

export const phone = { width: 360, height: 740 };

/** The viewports to check. */
export const devices = Object.entries({ desktop: { width: 1280, height: 860 }, phone });

/** Saves a screenshot in end2end/test-results/looks. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const path = fileURLToPath(new URL(`./test-results/looks/${name}.png`, import.meta.url));
  await page.screenshot({ path, fullPage: true });
}

/** Takes a screenshot of a page after checking that it fits and is accessible. */
export async function look(page: Page, name: string): Promise<void> {
  await fitsItsWidth(page);
  await isAccessible(page, ['serious', 'critical']);
  await screenshot(page, name);
}

/** Asserts that axe finds no violations: of these impacts, or at all. */
export async function isAccessible(page: Page, impacts?: string[]): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const counted = violations.filter(({ impact }) => !impacts || impacts.includes(impact ?? ''));
  const found = counted.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  expect(found, `axe on ${page.url()}`).toEqual([]);
}

export async function fitsItsWidth(page: Page): Promise<void> {
  const { scroll, client } = await page.evaluate(() => {
    const { scrollWidth: scroll, clientWidth: client } = document.documentElement;
    return { scroll, client };
  });
  expect(scroll, `${page.url()} needs no scrolling sideways`).toBeLessThanOrEqual(client);
}
