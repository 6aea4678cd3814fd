// The subscriber page with very many messages.
import { changesOf, countChanges } from '../changes';
import { expect, Tab, test } from '../fixtures';
import { fitsItsWidth } from '../looks';

// A trace takes a snapshot of the whole document at each step, which blocks the page.
test.use({ trace: 'off' });

test('ten thousand messages do not block the page', async ({ context, server }) => {
  const client = '6f1e1c1e-9a34-4f0a-8d5b-6f2f3f1f7c52';
  /** Pushes this many messages. Returns the number of accepted ones. */
  const batch = async (from: number, to: number) => {
    const numbers = [...Array(to - from + 1).keys()].map((n) => from + n);
    const push = (n: number) => ({ to: { client }, event: `kind.${n % 7}`, data: { number: n, text: 'x'.repeat(80) } });
    const body = numbers.map((n) => JSON.stringify(push(n))).join('\n');
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const answers = await (await fetch(`${server.url}/push/batch`, { method: 'POST', headers, body })).text();
    return answers.match(/"connections"/g)?.length;
  };
  for (let n = 0; n < 10; n++) expect(await batch(n * 1000 + 1, n * 1000 + 1000)).toBe(1000);

  const page = await context.newPage();
  await page.addInitScript((id) => sessionStorage.setItem('tidings.client_id', id), client);
  await countChanges(page);
  await page.goto(server.url);
  const tab = new Tab(page);
  await expect(tab.messages().first()).toContainText('"number": 10000', { timeout: 40_000 });
  await expect(page.getByText('10,000 received')).toBeVisible();
  await tab.isLive();
  await expect(tab.messages()).toHaveCount(50);
  // By the keyboard: messages that scroll into view for the first time get their real height (content-visibility), which
  // can move the button between press and release of a mouse.
  await page.getByRole('button', { name: 'Show older messages' }).press('Enter');
  await expect(tab.messages()).toHaveCount(100);
  await page.getByLabel('Search the messages').fill('"number":77,');
  await expect(tab.messages()).toHaveCount(1);
  expect(await batch(10_001, 10_500)).toBe(500);
  await expect(page.getByText('Only the newest 10,000 messages are kept on this page.')).toBeVisible();
  await expect(tab.messages()).toHaveCount(0);
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect(tab.messages().first()).toContainText('"number": 10500');
  const { tasks, mostNodes } = await changesOf(page);
  // 50 messages of about 40 nodes are rendered at once. The backlog is processed in steps.
  expect(mostNodes, 'nodes that one task changes').toBeLessThan(4_000);
  expect(tasks, 'tasks that change the page').toBeGreaterThan(20);
});

test('messages of 200 KB, of long words and of many links do not block the page', async ({ context, server }) => {
  const page = await context.newPage();
  await countChanges(page);
  await page.goto(server.url);
  const tab = new Tab(page);
  await tab.isLive();
  const client = await tab.id();
  const link = (n: number) => `https://example.org/${n}`;
  const lines = [...Array(3_500).keys()].map((n) => ({ number: n, link: link(n), text: 'x'.repeat(10) }));
  const all = ['w'.repeat(200_000), [...Array(8_000).keys()].map(link).join(' '), '\u202e'.repeat(60_000), lines];
  for (const data of all) await server.push({ to: { client }, data });
  await expect(tab.messages()).toHaveCount(all.length);
  const [json, hidden, links] = [0, 1, 2].map((n) => tab.messages().nth(n));
  await json.locator('summary').click();
  await expect(json).toContainText('"number": 3499');
  // Some hundred are links, and all others are text.
  await expect(links.getByRole('link').nth(50)).toBeVisible();
  expect(await links.getByRole('link').count()).toBeLessThanOrEqual(200);
  await expect(links).toContainText(link(7_999));
  expect(await hidden.textContent()).not.toContain('\u202e');
  await expect(hidden.locator('.hidden-mark')).toHaveCount(200);
  await fitsItsWidth(page);
  const { mostNodes } = await changesOf(page);
  expect(mostNodes, 'nodes that one task changes').toBeLessThan(4_000);
});
