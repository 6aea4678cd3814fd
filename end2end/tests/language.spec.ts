// The languages of the pages: by the preference of the browser, and by the menu.
import type { Page } from '@playwright/test';
import { expect, Tab, test } from '../fixtures';
import { signIn } from '../panel';

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
  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await expect(heading(page)).toHaveText('Aperçu');
  await expect(page.locator('.sections').first()).toContainText('Envoyer');
  await page.reload();
  await expect(heading(page)).toHaveText('Aperçu');
  await expect(menu(page)).toHaveValue('fr');
});

for (const late of ['**/boot.*.js', '**/*.wasm']) {
  test(`what is chosen and typed before the page is alive counts when it is: ${late} is late`, async ({ page, server }) => {
    let release = () => {};
    const released = new Promise<void>((done) => { release = done; });
    await page.route(late, async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(`${server.url}/try`, { waitUntil: 'commit' });
    await menu(page).selectOption('fr');
    await page.getByRole('radio', { name: 'Python', exact: true }).check();
    await page.getByRole('textbox').fill('ada-lovelace');
    await expect(root(page)).toHaveAttribute('lang', 'en');
    release();
    await expect(root(page)).toHaveAttribute('lang', 'fr');
    await expect(menu(page)).toHaveValue('fr');
    await expect(page.getByRole('radio', { name: 'Python', exact: true })).toBeChecked();
    await expect(page.locator('#lines')).toContainText(/import [^]*ada-lovelace/);
  });
}

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

/** Waits until the menu works, which it does not before the page is alive. */
const speaks = (page: Page, tag: string) =>
  expect(async () => {
    await menu(page).selectOption(tag);
    await expect(root(page)).toHaveAttribute('lang', tag, { timeout: 1_000 });
  }).toPass();

/** What does not fit into the window, in each language, and links at the top that are in several lines. */
const misfits = (page: Page): Promise<string[]> =>
  page.evaluate(async (tags) => {
    const menu = document.querySelector('select.language') as HTMLSelectElement;
    const wrong: string[] = [];
    for (const tag of tags) {
      menu.value = tag;
      menu.dispatchEvent(new Event('change', { bubbles: true }));
      while (document.documentElement.lang !== tag) await new Promise(requestAnimationFrame);
      // The frame after the one in which the texts have changed.
      for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth > clientWidth) wrong.push(`${tag}: it is ${scrollWidth} pixels wide`);
      const lines = new Set([...document.querySelectorAll<HTMLElement>('.bar nav a')].map((link) => link.offsetTop));
      if (lines.size > 1) wrong.push(`${tag}: the links are in ${lines.size} lines`);
    }
    return wrong;
  }, languages.map(({ tag }) => tag));

test.describe('with a token', () => {
  const token = 'a-long-admin-token-of-the-tests';
  test.use({ flags: ['--admin-token', token] });

  test('what the server refuses is said in the language of the page', async ({ browser, server }) => {
    const context = await browser.newContext({ locale: 'de-DE' });
    const page = await context.newPage();
    await page.goto(`${server.url}/admin`);
    await page.locator('form input').fill('a wrong token');
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await expect(page.getByText('Name, Passwort, Token oder Sitzung ist nicht gültig.')).toBeVisible();
    await menu(page).selectOption('en');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('Name, Passwort')).toBeHidden();
    await expect(page.getByText(/token/).last()).toBeVisible();
    await context.close();
  });

  test('no page scrolls sideways on a small phone, and its links are in one line, in any language', async ({ context, server }) => {
    const page = await context.newPage();
    await page.setViewportSize({ width: 320, height: 740 });
    await signIn(page, server, token);
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
    const post = async (path: string, body: object) => {
      const answer = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
      return answer.json();
    };
    const long = 'unbreakable'.repeat(15);
    await post('/push', { to: { client: 'ada' }, data: long, event: 'a.very.long.type.of.event.that.goes.on' });
    await post('/push', { to: 'everyone', data: long, delay: 3600 });
    await post('/api/keys', { name: 'the accounting of the warehouse', role: 'viewer', clients: ['shop-*'], topics: ['orders/**'] });
    await post('/api/people', { name: 'Ada', password: 'correct horse', role: 'admin' });
    const { id } = await post('/api/jobs', { title: `Import of ${long}`, steps: 200 });
    const settings = ['keys', 'hooks', 'people', 'roles', 'limits', 'audit', 'account'];
    const sections = ['', 'clients', 'client?id=ada', 'messages', 'tail', 'push?client=ada', 'scheduled', 'nodes', ...settings];
    for (const path of ['', 'jobs', `jobs/${id}`, 'try', 'nothing', ...sections.map((section) => `admin/${section}`)]) {
      await page.goto(`${server.url}/${path}`);
      await expect(page.locator('.state.live, pre, h1').first()).toBeVisible();
      if ((await page.locator('.stream-state').count()) > 0) await isLive(page);
      await speaks(page, 'de');
      expect(await misfits(page), path).toEqual([]);
    }
  });
});
