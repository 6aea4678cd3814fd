// How a page looks: whether it fits, whether anybody is shut out of it, and a picture of it.
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './fixtures';

export const phone = { width: 360, height: 740 };

/** The widths that are looked at. */
export const devices = Object.entries({ desktop: { width: 1280, height: 860 }, phone });

/** Keeps a picture in end2end/test-results/looks. */
export async function shoot(page: Page, name: string): Promise<void> {
  const path = fileURLToPath(new URL(`./test-results/looks/${name}.png`, import.meta.url));
  await page.screenshot({ path, fullPage: true });
}

/** Takes a picture of a page once it fits and nobody is shut out of it. */
export async function look(page: Page, name: string): Promise<void> {
  await fitsItsWidth(page);
  await shutsNobodyOut(page, ['serious', 'critical']);
  await shoot(page, name);
}

/** Whether axe finds nothing: of these impacts, or at all. */
export async function shutsNobodyOut(page: Page, impacts?: string[]): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const counted = violations.filter(({ impact }) => !impacts || impacts.includes(impact ?? ''));
  const told = counted.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  expect(told, `axe on ${page.url()}`).toEqual([]);
}

export async function fitsItsWidth(page: Page): Promise<void> {
  const { scroll, client } = await page.evaluate(() => {
    const { scrollWidth: scroll, clientWidth: client } = document.documentElement;
    return { scroll, client };
  });
  expect(scroll, `${page.url()} needs no scrolling sideways`).toBeLessThanOrEqual(client);
}
