// Text that others have written: nothing in it is hidden, and only URLs of the web are links.
import { expect, Tab, test } from '../fixtures';
import { entry, openEntry, openPanel } from '../panel';

const right = '\u202e';

test('hidden characters of a message are shown on the page of a subscriber', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const topic = `orders/${right}24`;
  await tab.page.getByLabel('Topic or pattern', { exact: true }).first().fill(topic);
  await tab.page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await expect(tab.page.getByRole('list', { name: 'Topic or pattern' })).toContainText('orders/\\u202E24');
  await server.push({ to: { topic }, event: `paid${right}`, data: `invoice${right}fdp.exe\u200b \u0007` });
  const message = tab.messages().first();
  await expect(message).toContainText('invoice\\u202Efdp.exe\\u200B \\u0007');
  await expect(message).toContainText('paid\\u202E');
  await expect(message).toContainText('orders/\\u202E24');
  expect(await message.textContent()).not.toContain(right);
  await expect(message.locator('.hidden-mark').first()).toBeVisible();
  // The text itself is not changed: a filter by the topic finds it.
  await tab.page.getByRole('combobox', { name: 'Show topic' }).selectOption({ label: 'orders/\\u202E24' });
  await expect(tab.messages()).toHaveCount(1);
  for (const text of ['.tag', '.topic', '.data']) {
    expect(await message.locator(`${text} bdi`).count(), text).toBeGreaterThan(0);
  }
});

test('only URLs of the web become links', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const data = 'See https://example.org/a?b=c, javascript:alert(1), data:text/html,x and https://bank.example@evil.example/.';
  await server.push({ to: { client: await tab.id() }, data });
  await expect(tab.messages()).toContainText(data);
  const links = tab.messages().locator('.data a');
  await expect(links).toHaveCount(1);
  await expect(links).toHaveText('https://example.org/a?b=c');
  await expect(links).toHaveAttribute('href', 'https://example.org/a?b=c');
  await expect(links).toHaveAttribute('rel', 'noopener noreferrer');
  await expect(links).toHaveAttribute('target', '_blank');
});

test('hidden characters are shown in the panel and in the list of jobs', async ({ context, server }) => {
  await server.listen('ada', `news/${right}swen`);
  await server.push({ to: { client: 'ada' }, event: `kind${right}`, data: `a${right}b https://example.org/x` });
  const job = await fetch(`${server.url}/api/jobs`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ title: `import${right}tropmi` }),
  });
  expect(job.status).toBe(201);
  const panel = await openPanel(context, server, '/messages');
  await expect(entry(panel, 'kind\\u202E')).toContainText('a\\u202Eb');
  const details = await openEntry(panel, 'a\\u202Eb');
  await expect(details.getByRole('link', { name: 'https://example.org/x' })).toBeVisible();
  await panel.goto(`${server.url}/admin/clients`);
  await expect(panel.getByText('news/\\u202Eswen').first()).toBeVisible();
  await panel.goto(`${server.url}/admin/client?id=ada`);
  await expect(panel.getByRole('region', { name: 'Timeline' })).toContainText('kind\\u202E');
  await panel.goto(`${server.url}/jobs`);
  const link = panel.getByRole('link', { name: 'import\\u202Etropmi' });
  await link.click();
  await expect(panel.getByRole('heading', { level: 1 })).toHaveText('import\\u202Etropmi');
  expect(await panel.locator('main').textContent()).not.toContain(right);
  await expect(panel).toHaveTitle(/^import\\u202Etropmi/);
});
