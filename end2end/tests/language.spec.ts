// The languages of the pages: by the preference of the browser, and by the menu.
import type { Page } from '@playwright/test';
import { expect, Tab, test } from '../fixtures';
import { fitsItsWidth, phone } from '../looks';

/** The languages with the heading of the first page, and what the menu is called. */
const languages = [
  { tag: 'en', locale: 'en-US', heading: 'Subscriber', menu: 'Language', name: 'English' },
  { tag: 'es', locale: 'es-MX', heading: 'Suscriptor', menu: 'Idioma', name: 'Español' },
  { tag: 'de', locale: 'de-DE', heading: 'Empfänger', menu: 'Sprache', name: 'Deutsch' },
  { tag: 'fr', locale: 'fr-FR', heading: 'Abonné', menu: 'Langue', name: 'Français' },
  { tag: 'pt-BR', locale: 'pt-PT', heading: 'Assinante', menu: 'Idioma', name: 'Português' },
  { tag: 'ja', locale: 'ja-JP', heading: '受信', menu: '言語', name: '日本語' },
  { tag: 'zh-CN', locale: 'zh-CN', heading: '订阅', menu: '语言', name: '中文' },
];

const root = (page: Page) => page.locator('html');
const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const menu = (page: Page) => page.locator('select.language');
const messages = (page: Page) => page.getByRole('log').getByRole('listitem');

/** Waits until the page is live, in any language. */
const isLive = (page: Page) => expect(page.locator('.state.live')).toBeVisible({ timeout: 30_000 });

for (const { tag, locale, heading: text, menu: called, name } of languages) {
  test(`a browser that prefers ${tag} gets it before any script has run, and loads only its texts`, async ({ browser, server }) => {
    const still = await browser.newContext({ javaScriptEnabled: false, locale });
    const first = await still.newPage();
    await first.goto(server.url);
    await expect(heading(first)).toHaveText(text);
    await expect(root(first)).toHaveAttribute('lang', tag);
    await still.close();

    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    const texts: string[] = [];
    page.on('request', (request) => { if (request.url().includes('/texts.')) texts.push(request.url()); });
    await page.goto(server.url);
    await isLive(page);
    await expect(heading(page)).toHaveText(text);
    await expect(page.getByRole('combobox', { name: called, exact: true })).toHaveValue(tag);
    await expect(menu(page).getByRole('option', { name })).toHaveAttribute('lang', tag);
    expect(texts.map((url) => url.split('/').pop()?.split('.').slice(2).join('.'))).toEqual([`${tag}.pages.txt`]);
    await context.close();
  });
}

test('the menu offers each language by its own name', async ({ page, server }) => {
  await page.goto(server.url);
  await expect(menu(page).getByRole('option')).toHaveText(languages.map(({ name }) => name));
});

test('a language that is chosen stays chosen on every page, and the page keeps what it has', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const { page } = tab;
  const { id } = await server.push({ to: { client: await tab.id() }, data: 'secret' });
  await expect(tab.messages()).toContainText('secret');
  await server.recall(id);
  await expect(tab.messages()).toContainText('The sender recalled this message.');
  await page.locator('#topic').fill('half typed');
  let loads = 0;
  page.on('load', () => loads++);
  for (const [tag, recalled] of [
    ['de', 'Der Absender hat diese Nachricht zurückgerufen.'],
    ['ja', '送信者がこのメッセージを取り消しました。'],
    ['zh-CN', '发送者已撤回这条消息。'],
    ['fr', 'L’expéditeur a rappelé ce message.'],
  ]) {
    await menu(page).selectOption(tag);
    await expect(messages(page)).toContainText(recalled);
    await expect(root(page)).toHaveAttribute('lang', tag);
  }
  await expect(page.locator('#topic')).toHaveValue('half typed');
  expect(loads, 'without loading the page again').toBe(0);
  // A part of the pages that is loaded later speaks the same language.
  await page.getByRole('link', { name: 'Administration', exact: true }).click();
  await expect(heading(page)).toHaveText('Aperçu');
  await expect(page.locator('.sections').first()).toContainText('Envoyer');
  await page.reload();
  await expect(heading(page)).toHaveText('Aperçu');
  await expect(menu(page)).toHaveValue('fr');
});

test('the panel changes its language while it is open', async ({ page, server }) => {
  await page.goto(`${server.url}/admin/push`);
  await isLive(page);
  await page.getByLabel('Client id').fill('ada');
  await menu(page).selectOption('es');
  await expect(page.getByLabel('ID de cliente')).toHaveValue('ada');
  await expect(page.getByRole('button', { name: 'Enviar', exact: true })).toBeVisible();
  await expect(page).toHaveTitle(/^Enviar/);
});

test('texts that cannot be loaded are reported, and the page stays as it is', async ({ context, server }) => {
  const { page } = await Tab.open(context, server);
  await page.route('**/texts.*', (route) => route.fulfill({ status: 404, body: 'gone' }));
  await menu(page).selectOption('de');
  await expect(page.getByRole('alert').filter({ visible: true })).toContainText('The language could not be loaded.');
  await expect(menu(page)).toHaveValue('en');
  await expect(root(page)).toHaveAttribute('lang', 'en');
  await expect(heading(page)).toHaveText('Subscriber');
  await page.unroute('**/texts.*');
  await menu(page).selectOption('de');
  await expect(heading(page)).toHaveText('Empfänger');
  await expect(page.locator('.site-head [role=alert]')).toBeHidden();
});

test('a page whose texts cannot be loaded says so in the language that the server has rendered', async ({ page, server }) => {
  await page.route('**/texts.*', (route) => route.abort());
  await page.goto(server.url);
  await expect(page.locator('#not-loaded')).toContainText('A part of this page could not be loaded.');
  await expect(page.locator('#not-loaded')).toBeVisible();
});

test('no page is wider than a phone in the languages with long words @phone', async ({ context, server }) => {
  await server.listen('a-client-with-a-long-name', 'orders/42');
  await server.push({ to: { client: 'a-client-with-a-long-name' }, data: { n: 1 } });
  const page = await context.newPage();
  await page.setViewportSize(phone);
  const sections = ['', '/clients', '/client?id=a-client-with-a-long-name', '/messages', '/push', '/scheduled', '/nodes', '/keys', '/hooks', '/people', '/roles', '/limits', '/audit', '/account'];
  const pages = ['/', '/jobs', '/try', '/nothing', ...sections.map((section) => `/admin${section}`)];
  for (const tag of ['de', 'fr', 'ja']) {
    await context.addCookies([{ name: 'tidings_lang', value: tag, url: server.url }]);
    for (const path of pages) {
      await page.goto(`${server.url}${path}`);
      await expect(root(page)).toHaveAttribute('lang', tag);
      if ((await page.locator('.stream-state').count()) > 0) await isLive(page);
      await fitsItsWidth(page);
    }
  }
});
