// Helpers for the sections of the admin panel.
import type { BrowserContext, Locator, Page } from '@playwright/test';
import { expect } from './fixtures';

export type Section = '' | '/clients' | '/messages' | '/push' | '/nodes' | '/keys' | '/hooks' | '/people' | '/audit' | '/account';

/** Opens a section of the panel with an optional query, and waits until it is live. */
export async function openPanel(context: BrowserContext, server: { url: string }, section: Section = '', query = ''): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}/admin${section}${query}`);
  await isLive(page);
  return page;
}

export async function isLive(panel: Page): Promise<void> {
  await expect(panel.getByText('Live', { exact: true })).toBeVisible({ timeout: 30_000 });
}

type SectionName = 'Overview' | 'Clients' | 'Messages' | 'Push' | 'Nodes' | 'Keys' | 'Webhooks' | 'People' | 'Audit' | 'Account';

/** Goes to another section by its link. */
export async function goTo(panel: Page, name: SectionName): Promise<void> {
  await panel.getByRole('navigation', { name: 'Sections of the admin panel' }).getByRole('link', { name }).click();
  await expect(panel.getByRole('heading', { level: 1, name })).toBeVisible();
}

/** The list of clients. */
export const clients = (panel: Page) => panel.getByRole('table', { name: /client/i });
export const rowOf = (panel: Page, id: string) => clients(panel).getByRole('row').filter({ hasText: id });

/** The entries of the history. */
export const entries = (panel: Page): Locator => panel.getByRole('list', { name: 'History' }).locator('> li');
export const entry = (panel: Page, text: string) => entries(panel).filter({ hasText: text });

/** Presses the push button. */
export const push = (panel: Page) => panel.getByRole('button', { name: 'Push', exact: true }).click();

/** Signs in to the panel with the admin token or an API key. */
export async function signIn(page: Page, server: { url: string }, secret: string): Promise<void> {
  await page.goto(`${server.url}/admin`);
  await page.getByLabel('Admin token or API key').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await isLive(page);
}
