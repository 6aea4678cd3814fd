// Helpers for the sections of the admin panel.
import type { BrowserContext, Locator, Page } from '@playwright/test';
import { expect } from './fixtures';

export type Section = '' | '/clients' | '/messages' | '/tail' | '/push' | '/scheduled' | '/nodes' | '/keys' | '/hooks' | '/people' | '/roles' | '/limits' | '/audit' | '/account';

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

const settings = ['Keys', 'Webhooks', 'People', 'Roles', 'Limits', 'Audit'] as const;
type SettingName = (typeof settings)[number];
type SectionName = 'Overview' | 'Clients' | 'Messages' | 'Live tail' | 'Push' | 'Scheduled' | 'Nodes' | 'Account' | SettingName;

/** The navigation between the sections, and that between the settings. */
export const sections = (panel: Page) => panel.getByRole('navigation', { name: 'Sections of the admin panel' });
export const settingsNav = (panel: Page) => panel.getByRole('navigation', { name: 'Settings', exact: true });

/** Goes to another section by its link. On a phone most of them are in a menu. */
export async function goTo(panel: Page, name: SectionName): Promise<void> {
  const isSetting = (settings as readonly string[]).includes(name);
  const more = sections(panel).getByRole('button', { name: 'More' });
  const isMain = ['Overview', 'Clients', 'Messages', 'Push'].includes(name);
  if (!isMain && (await more.isVisible())) await more.click();
  if (isSetting) await sections(panel).getByRole('link', { name: 'Settings' }).click();
  await (isSetting ? settingsNav : sections)(panel).getByRole('link', { name }).click();
  await expect(panel.getByRole('heading', { level: 1, name })).toBeVisible();
}

/** The list of clients. */
export const clients = (panel: Page) => panel.getByRole('table', { name: /client/i });
export const rowOf = (panel: Page, id: string) => clients(panel).getByRole('row').filter({ hasText: id });

/** The history. */
const grid = (panel: Page): Locator => panel.getByRole('grid', { name: 'History' });

/** The rows of the history that are in the page: those that can be seen, some around them, and the one in the tab order. */
export const entries = (panel: Page): Locator => grid(panel).getByRole('row');

/** Waits until the history lists so many messages. */
export const hasEntries = (panel: Page, count: number) => expect(grid(panel)).toHaveAttribute('aria-rowcount', `${count}`);
export const entry = (panel: Page, text: string) => entries(panel).filter({ hasText: text });

/** The details of the message that is open. */
export const opened = (panel: Page): Locator => panel.getByRole('complementary', { name: 'Message', exact: true });

/** Opens a message of the history by a click on its row. */
export async function openEntry(panel: Page, text: string): Promise<Locator> {
  await entry(panel, text).locator('.text').click();
  await expect(opened(panel).locator('pre')).toContainText(text);
  return opened(panel);
}

/** Presses the push button. */
export const push = (panel: Page) => panel.getByRole('button', { name: 'Push', exact: true }).click();

/** Signs in to the panel with the admin token or an API key. */
export async function signIn(page: Page, server: { url: string }, secret: string): Promise<void> {
  await page.goto(`${server.url}/admin`);
  await page.getByLabel('Admin token or API key').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await isLive(page);
}
