// The subscriber page with very many messages.
import { changesOf, countChanges } from '../changes';
import { expect, Tab, test } from '../fixtures';

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
