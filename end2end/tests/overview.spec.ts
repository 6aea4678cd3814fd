// The overview section of the panel.
import type { Page } from '@playwright/test';
import { expect, Tab, test } from '../fixtures';
import { isAccessible } from '../looks';
import { goTo, isLive, openPanel } from '../panel';

/** A sample of the API. */
const sample = (at: number, clients: number) =>
  ({ at, clients, connections: clients, pushes: clients / 2, deliveries: clients, memory: 30_000_000 });

/** Answers the history with samples of three minutes, and a start in the middle. */
async function threeMinutes(panel: Page): Promise<void> {
  const end = Date.now();
  const samples = [3, 2, 1].map((minutes) => sample(end - minutes * 60_000, minutes));
  const marks = [{ at: end - 119_000, kind: 'started', value: '9.9.9' }];
  await panel.route('**/api/stats/history?*', (route) => route.fulfill({ json: { every: 60, samples, marks } }));
}

test('figures and charts update live', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const chart = panel.getByRole('region', { name: 'Connections' });
  await expect(chart.locator('.value')).toHaveText('0', { timeout: 20_000 });
  await Tab.open(context, server);
  await Tab.open(context, server);
  await expect(chart.locator('.value')).toHaveText('2', { timeout: 20_000 });
  await expect(chart.locator('path.line').last()).toHaveAttribute('d', /^M\d+ \d+h0L/);
  await expect(panel.getByRole('region', { name: 'Memory' }).locator('.value')).toHaveText(/^\d.*MB$/);
  await expect(panel.getByText('0.1.0', { exact: true })).toBeVisible();
});

test('a chart can be read with the keyboard, and the others show the same moment', async ({ context, server }) => {
  const panel = await context.newPage();
  await threeMinutes(panel);
  await panel.goto(`${server.url}/admin?range=24h`);
  await isLive(panel);
  const plot = panel.getByRole('slider', { name: 'Clients' });
  const other = panel.getByRole('slider', { name: 'Pushes per second' });
  await expect(plot).toHaveAttribute('aria-valuemax', '2');
  await plot.focus();
  await panel.keyboard.press('ArrowLeft');
  await expect(plot).toHaveAttribute('aria-valuenow', '1');
  // What happened then is told too.
  await expect(plot).toHaveAttribute('aria-valuetext', /^2 \d\d:\d\d:\d\d.* The server was started, version 9\.9\.9\.$/);
  await expect(other).toHaveAttribute('aria-valuetext', /^1 \d\d:\d\d:\d\d/);
  for (const chart of await panel.locator('.chart').all()) {
    await expect(chart.locator('path.cursor')).toHaveAttribute('d', /^M\d+ 0V1000$/);
  }
  await panel.keyboard.press('Home');
  await expect(other).toHaveAttribute('aria-valuetext', /^1\.5 /);
  await panel.keyboard.press('End');
  await expect(panel.getByRole('region', { name: 'Clients' }).locator('.when')).toHaveText('');
  await expect(other).toHaveAttribute('aria-valuetext', '0.5 ');
});

test('the pointer shows the values of all charts at its moment', async ({ context, server }) => {
  const panel = await context.newPage();
  await threeMinutes(panel);
  await panel.goto(`${server.url}/admin?range=24h`);
  await isLive(panel);
  const plot = panel.getByRole('slider', { name: 'Clients' });
  await expect(plot).toHaveAttribute('aria-valuemax', '2');
  await plot.hover({ position: { x: 5, y: 20 } });
  await expect(panel.getByRole('region', { name: 'Deliveries per second' }).locator('.value')).toHaveText('3');
  await panel.getByRole('heading', { level: 1 }).hover();
  await expect(panel.getByRole('region', { name: 'Deliveries per second' }).locator('.value')).toHaveText('1');
});

test('the range is kept in the URL', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const range = (name: string) => panel.getByRole('radio', { name });
  await expect(range('1 hour')).toBeChecked();
  await range('7 days').check({ force: true });
  await expect(panel).toHaveURL(/\/admin\?range=7d$/);
  await panel.reload();
  await isLive(panel);
  await expect(range('7 days')).toBeChecked();
  await goTo(panel, 'Messages');
  await goTo(panel, 'Overview');
  await expect(range('7 days')).toBeChecked();
  await expect(panel).toHaveURL(/\/admin\?range=7d$/);
  await range('1 hour').check({ force: true });
  await expect(panel).toHaveURL(/\/admin$/);
});

test('a restart is seen in the charts, and the samples before it are there', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const happened = panel.getByRole('region', { name: 'What happened' }).getByRole('listitem');
  await expect(happened).toHaveText([/The server was started, version 0\.1\.0\.$/]);
  await expect(panel.getByText('Everything is fine.')).toBeVisible();
  await server.kill();
  // Nobody knows.
  await expect(panel.getByText('Everything is fine.')).toBeHidden();
  await server.start();
  await isLive(panel);
  await expect(happened).toHaveCount(2, { timeout: 20_000 });
});

test('the figures are also available as a table', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await panel.getByText('Show as a table').click();
  const table = panel.getByRole('region', { name: 'Show as a table' }).getByRole('table');
  await expect(table.getByRole('columnheader')).toHaveCount(8);
  await expect(table.getByRole('row')).toHaveCount(2, { timeout: 20_000 });
});

test('several things that are wrong are listed, the worst first', async ({ context, server }) => {
  const panel = await context.newPage();
  const conditions = [
    { code: 'log_damaged', bad: true, detail: 'messages 3 to 5 cannot be read', count: 0 },
    { code: 'hooks_paused', bad: false, detail: '2 webhooks are paused', count: 2 },
    { code: 'of_a_newer_server', bad: false, detail: 'something new', count: 0 },
  ];
  await panel.route('**/api/stats/health', (route) => route.fulfill({ json: { conditions } }));
  await panel.goto(`${server.url}/admin`);
  await isLive(panel);
  await expect(panel.locator('.health').getByRole('listitem')).toHaveText([
    /^The log is damaged\.\s*messages 3 to 5 cannot be read\s*Look$/,
    /^2 webhooks are paused\.\s*Look$/,
    /^something new$/,
  ]);
  await isAccessible(panel);
});

test('the map shows topics by their subscribers and leads to their messages', { tag: '@phone' }, async ({ context, server }) => {
  await server.listen('ada', 'news', 'orders/*');
  await server.listen('bob', 'news');
  for (let n = 0; n < 3; n++) await server.push({ to: { topic: 'news' }, data: n });
  const panel = await openPanel(context, server);
  const map = panel.getByRole('region', { name: 'Map of topics' });
  await expect(map.locator('.tiles').getByRole('link')).toHaveCount(2);
  await expect(map.locator('.tiles').getByRole('link').first()).toHaveAccessibleName(/^news: 2 subscribers, .* per minute$/);
  await expect(map.getByRole('link', { name: /^orders\/\*/ })).toHaveAttribute('href', 'admin/clients?topic=orders%2F%2A');
  const news = await map.getByRole('link', { name: /^news/ }).boundingBox();
  const orders = await map.getByRole('link', { name: /^orders/ }).boundingBox();
  expect(news!.width * news!.height).toBeGreaterThan(1.5 * orders!.width * orders!.height);
  await map.getByText('Show the topics as a table').click();
  await expect(map.getByRole('table').getByRole('row')).toHaveText([/Topic/, /^news2/, /^orders\/\*1/]);
  await expect(panel.getByRole('table', { name: 'Busiest topics' }).getByRole('row')).toHaveText([/Name/, /^news\s*6$/]);
  await isAccessible(panel);
  await map.getByRole('link', { name: /^news/ }).click();
  await expect(panel).toHaveURL(/\/admin\/messages\?for=topic&name=news$/);
  await expect(panel.getByRole('heading', { level: 1, name: 'Messages' })).toBeVisible();
});

test('a server without topics and traffic says so', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await expect(panel.getByText('Nobody subscribes to a topic now.')).toBeVisible();
  await expect(panel.getByRole('region', { name: 'Busiest clients' })).toContainText('None yet.');
  await isAccessible(panel);
});

test('a failed load of the figures shows the reason and can be retried', async ({ context, server }) => {
  const panel = await context.newPage();
  let broken = true;
  await panel.route('**/api/stats/history?*', (route) => (broken ? route.abort() : route.continue()));
  await panel.goto(`${server.url}/admin`);
  // Once it is live, only the retry button loads again.
  await isLive(panel);
  await expect(panel.getByRole('alert')).toContainText('The server does not answer.');
  broken = false;
  await panel.getByRole('button', { name: 'Try again' }).click();
  await expect(panel.getByRole('alert')).toHaveCount(0);
});

test.describe('with limits', () => {
  test.use({ flags: ['--limit-admin', '--limit-pushes', '1'] });

  test('the health line says that everything is fine, or what is wrong and where to look', async ({ context, server }) => {
    const panel = await openPanel(context, server);
    const health = panel.locator('.health');
    await expect(health).toHaveText('Everything is fine.');
    const push = () => fetch(`${server.url}/push?client_id=ada&message=x`);
    while ((await push()).status !== 429);
    await panel.reload();
    await expect(health.getByRole('listitem')).toHaveText([/Limits refused 1 push in the last ten minutes\./]);
    await expect(health).not.toContainText('Everything is fine.');
    await health.getByRole('link', { name: 'Look' }).click();
    await expect(panel.getByRole('heading', { level: 1, name: 'Limits' })).toBeVisible();
  });
});
