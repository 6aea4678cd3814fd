// The panel, place by place.
import type { BrowserContext, Locator, Page } from '@playwright/test';
import { expect, type Tidings } from './fixtures';

export type Place = '' | '/clients' | '/messages' | '/push';

/** Opens a place of the panel, with a query or without, and waits until it is live. */
export async function openPanel(context: BrowserContext, server: Tidings, place: Place = '', query = ''): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}/admin${place}${query}`);
  await isLive(page);
  return page;
}

export async function isLive(panel: Page): Promise<void> {
  await expect(panel.getByText('Live', { exact: true })).toBeVisible({ timeout: 30_000 });
}

/** Goes to another place, as a person does. */
export async function goTo(panel: Page, name: 'Overview' | 'Clients' | 'Messages' | 'Push'): Promise<void> {
  await panel.getByRole('navigation', { name: 'Sections of the admin panel' }).getByRole('link', { name }).click();
  await expect(panel.getByRole('heading', { level: 1, name })).toBeVisible();
}

/** The list of the clients. */
export const clients = (panel: Page) => panel.getByRole('table', { name: /client/i });
export const rowOf = (panel: Page, id: string) => clients(panel).getByRole('row').filter({ hasText: id });

/** The messages of the history. */
export const entries = (panel: Page): Locator => panel.getByRole('list', { name: 'History' }).locator('> li');
export const entry = (panel: Page, text: string) => entries(panel).filter({ hasText: text });

/** Presses the button that pushes. */
export const push = (panel: Page) => panel.getByRole('button', { name: 'Push', exact: true }).click();
