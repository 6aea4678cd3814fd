// Firefox, driven by WebDriver BiDi: Playwright's own build of Firefox can't be had everywhere, the distribution's can.
import { existsSync } from 'node:fs';
import puppeteer, { type Browser, type BrowserContext, type Page } from 'puppeteer-core';
import { expect, test as base } from './fixtures';

const installed = [process.env.TIDINGS_FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'];
const program = installed.find((path): path is string => path !== undefined && existsSync(path));

/** A tab of Firefox. */
export class FirefoxTab {
  constructor(readonly page: Page) {}

  /** The text of an element once there is one that has this text in it. */
  async reads(selector: string, text: string): Promise<void> {
    await expect
      .poll(() => this.texts(selector), { message: `${selector} has ${text}`, timeout: 30_000 })
      .toEqual(expect.arrayContaining([expect.stringContaining(text)]));
  }

  /** The texts of all elements that match. */
  texts(selector: string): Promise<string[]> {
    const all = (found: string) => Array.from(document.querySelectorAll(found), (element) => element.textContent ?? '');
    return this.page.evaluate(all, selector);
  }

  /** Waits until its stream is open. */
  isLive(): Promise<void> {
    return this.reads('[role=status]', 'Live');
  }

  /** Its client id. */
  async id(): Promise<string> {
    const [id] = await this.texts('main code');
    return id;
  }

  /** The texts of its messages, newest first. */
  messages(): Promise<string[]> {
    return this.texts('[role=log] li pre');
  }

  /** Writes a text into the field with this label. */
  async write(label: string, text: string): Promise<void> {
    const labelled = await this.page.locator(`::-p-xpath(//label[contains(., "${label}")])`).waitHandle();
    const id = await labelled.evaluate((element) => (element as HTMLLabelElement).control?.id ?? '');
    await this.page.locator(`#${id}`).fill(text);
  }

  /** Presses the button with this text. */
  press(text: string): Promise<void> {
    return this.page.locator(`::-p-xpath(//button[normalize-space()="${text}"])`).click();
  }
}

type FirefoxFixtures = {
  /** A profile of its own for each test. */
  profile: BrowserContext;
  /** Opens a page of the server. */
  open: (url: string) => Promise<FirefoxTab>;
};

export const test = base.extend<FirefoxFixtures, { firefox: Browser }>({
  // Without Firefox these tests are skipped. The set-up installs it.
  firefox: [
    async ({}, use) => {
      test.skip(program === undefined, 'there is no Firefox: `scripts/setup firefox`');
      const options = { browser: 'firefox', executablePath: program, headless: true } as const;
      // More than six streams to a server, for several tabs.
      const extraPrefsFirefox = { 'network.http.max-persistent-connections-per-server': 20 };
      const firefox = await puppeteer.launch({ ...options, extraPrefsFirefox });
      await use(firefox);
      await firefox.close();
    },
    { scope: 'worker' },
  ],
  profile: async ({ firefox }, use) => {
    const profile = await firefox.createBrowserContext();
    await use(profile);
    await profile.close();
  },
  open: async ({ profile, reports }, use) => {
    await use(async (url) => {
      const page = await profile.newPage();
      await page.setViewport({ width: 1280, height: 860 });
      page.on('pageerror', (error) => {
        if (!reports.ended) reports.errors.push(String(error));
      });
      await page.goto(url);
      return new FirefoxTab(page);
    });
  },
});

export { expect };
