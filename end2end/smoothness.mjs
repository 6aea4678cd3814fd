// How long the panel blocks its user, at most, with 100,000 clients, 10,000 messages and a message of 200 KB: the longest tasks of
// Chromium at a quarter of the speed of this machine. `make smoothness` runs it. TIDINGS_BIN names the binary; the default is the
// debug build, which serves the same site as a release. The processor time of the tasks is measured, so what else runs on the
// machine counts less; on a busy one use SLOWER=1 and multiply by four.
import { cpus } from 'node:os';
import { withServer } from './server.mjs';

const CLIENTS = Number(process.env.CLIENTS ?? 100_000);
const MESSAGES = Number(process.env.MESSAGES ?? 10_000);
/** Of the clients, so many are connected. */
const CONNECTED = 500;
const SLOWER = Number(process.env.SLOWER ?? 4);
/** Milliseconds. */
const LIMIT = 100;

const id = (n) => `client-${String(n).padStart(6, '0')}`;
const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Clients with a message in the inbox are known, as those are that were connected. */
async function addClients(push) {
  for (let n = 0; n < CLIENTS; n += 1000) {
    const ids = Array.from({ length: 1000 }, (_, i) => id(n + i));
    await push({ to: { clients: ids }, data: 'for many' });
  }
}

async function addMessages(url) {
  for (let n = 0; n < MESSAGES; n += 1000) {
    const line = (n) => JSON.stringify({ to: { topic: `orders/${n % 50}` }, event: 'order.paid', data: { order: n, total: 99.5, lines: [{ sku: 'tea-17', n: 2 }] } });
    const body = Array.from({ length: 1000 }, (_, i) => line(n + i)).join('\n');
    const answer = await fetch(`${url}/push/batch`, { method: 'POST', headers: { 'Content-Type': 'application/x-ndjson' }, body });
    await answer.text();
  }
}

/** The processor time of each task of the page in a trace, in milliseconds. */
function tasksIn(trace) {
  const { traceEvents } = JSON.parse(trace);
  const main = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const threads = new Set(main.map(({ pid, tid }) => `${pid} ${tid}`));
  const isTask = ({ name, tdur, pid, tid }) => name.endsWith('RunTask') && tdur && threads.has(`${pid} ${tid}`);
  return traceEvents.filter(isTask).map(({ tdur }) => tdur / 1000);
}

/** A page at a quarter of the speed, and the table of its longest tasks. */
class Panel {
  rows = [];

  static async open(browser, url, path) {
    const panel = new Panel();
    panel.browser = browser;
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB' });
    panel.page = await context.newPage();
    await panel.page.goto(url + path);
    await panel.page.locator('.state.live').waitFor();
    const session = await context.newCDPSession(panel.page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    await later(2_000);
    return panel;
  }

  /** Does something, waits until `selector` is there and the page is at rest, and notes the longest task. */
  async step(name, act, selector = 'main') {
    await this.browser.startTracing(this.page, { categories: ['toplevel'] });
    await act(this.page);
    await this.page.waitForSelector(selector, { state: 'attached' });
    await later(2_000);
    const tasks = tasksIn(await this.browser.stopTracing());
    if (tasks.length === 0) throw new Error(`${name}: there is no task in the trace`);
    this.rows.push({ step: name, longest: Math.round(Math.max(...tasks)), over50: tasks.filter((time) => time > 50).length });
  }

  async close() {
    await this.page.context().close();
    return this.rows;
  }
}

const scroll = (times, by) => async (page) => {
  for (let n = 0; n < times; n++) {
    await page.mouse.wheel(0, by);
    await later(100);
  }
};

async function clients(browser, url, push) {
  const panel = await Panel.open(browser, url, '/admin/clients?state=all');
  await panel.page.mouse.move(600, 600);
  await panel.step('clients: scroll through some thousand', scroll(30, 4_000));
  await panel.step('clients: jump to the end', (page) => page.evaluate(() => {
    const list = document.querySelector('.client-rows');
    list.scrollTop = list.scrollHeight;
  }));
  await panel.step('clients: search', async (page) => {
    await page.locator('.section-head input[type=search]').focus();
    await page.keyboard.type('client-0099', { delay: 50 });
  });
  await panel.step('clients: all that match are selected', (page) => page.evaluate(() => document.querySelector('.client-head input[type=checkbox]').click()));
  await panel.step('clients: 1,000 of them get a message', () => push({ to: { clients: Array.from({ length: 1000 }, (_, n) => id(n)) }, data: 'again' }));
  return panel.close();
}

async function messages(browser, url, push) {
  const panel = await Panel.open(browser, url, '/admin/messages');
  await panel.page.mouse.move(600, 600);
  await panel.step('messages: older ones, 20 times', async (page) => {
    for (let n = 0; n < 20; n++) {
      await page.evaluate(() => [...document.querySelectorAll('.wide > button')].at(-1)?.click());
      await later(400);
      await page.mouse.wheel(0, 4_000);
    }
  });
  await panel.step('messages: 50 more are pushed', async () => {
    for (let n = 0; n < 50; n++) await push({ to: { topic: 'orders/1' }, data: { order: n } });
  });
  await panel.step('messages: search', async (page) => {
    await page.locator('#search').focus();
    await page.keyboard.type('"order":77', { delay: 50 });
  });
  return panel.close();
}

async function large(browser, url, push) {
  const lines = Array.from({ length: 3_500 }, (_, n) => ({ number: n, link: `https://example.org/${n}`, text: 'x'.repeat(10) }));
  await push({ to: { topic: 'large' }, data: lines });
  const panel = await Panel.open(browser, url, '/admin/messages');
  await panel.step('200 KB of JSON: opened', (page) => page.evaluate(() => document.querySelector('.message-row .text').click()), '.side-panel pre');
  await panel.step('200 KB of JSON: pushed while the list is open', () => push({ to: { topic: 'large' }, data: lines }));
  return panel.close();
}

await withServer([], async ({ url, browser, push, listen }) => {
  for (let n = 0; n < CONNECTED; n++) await listen(id(n), [`orders/${n % 50}`]);
  await addClients(push);
  const rows = await clients(browser, url, push);
  await addMessages(url);
  rows.push(...(await messages(browser, url, push)), ...(await large(browser, url, push)));
  console.log(`${cpus()[0].model}, ${cpus().length} processors; ${CLIENTS} clients, ${MESSAGES} messages; Chromium ${browser.version()}, ${SLOWER} times slower`);
  console.table(rows);
  const over = rows.filter(({ longest }) => longest > LIMIT).map(({ step }) => step);
  console.log(over.length ? `longer than ${LIMIT} ms: ${over.join('; ')}` : `all tasks take at most ${LIMIT} ms`);
});
