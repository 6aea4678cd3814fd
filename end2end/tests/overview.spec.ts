// The overview section of the panel.
import { expect, Tab, test } from '../fixtures';
import { isLive, openPanel } from '../panel';

test('figures and charts update live', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const chart = panel.getByRole('region', { name: 'Connections' });
  await expect(chart.locator('.value')).toHaveText('0', { timeout: 20_000 });
  await Tab.open(context, server);
  await Tab.open(context, server);
  await expect(chart.locator('.value')).toHaveText('2', { timeout: 20_000 });
  await expect(chart.locator('path.line').last()).toHaveAttribute('d', /^M\d+ \d+L/);
  await expect(panel.getByRole('region', { name: 'Memory' }).locator('.value')).toHaveText(/^\d.*MB$/);
  await expect(panel.getByText('0.1.0', { exact: true })).toBeVisible();
});

test('a chart can be read with the keyboard', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  const plot = panel.getByRole('slider', { name: 'Clients' });
  await expect(plot).toHaveAttribute('aria-valuemax', '1', { timeout: 20_000 });
  await plot.focus();
  await panel.keyboard.press('ArrowLeft');
  await expect(plot).toHaveAttribute('aria-valuenow', '0');
  await expect(plot).toHaveAttribute('aria-valuetext', /^0 \d\d:\d\d:\d\d/);
  await panel.keyboard.press('End');
  await expect(panel.getByRole('region', { name: 'Clients' }).locator('.when')).toHaveText('');
});

test('the figures are also available as a table', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await panel.getByText('Show as a table').click();
  const table = panel.getByRole('table');
  await expect(table.getByRole('columnheader')).toHaveCount(8);
  await expect(table.getByRole('row')).toHaveCount(2, { timeout: 20_000 });
});

test('a failed load of the figures shows the reason and can be retried', async ({ context, server }) => {
  const panel = await context.newPage();
  let broken = true;
  await panel.route('**/api/stats/history', (route) => (broken ? route.abort() : route.continue()));
  await panel.goto(`${server.url}/admin`);
  // Once it is live, only the retry button loads again.
  await isLive(panel);
  await expect(panel.getByRole('alert')).toContainText('The server does not answer.');
  broken = false;
  await panel.getByRole('button', { name: 'Try again' }).click();
  await expect(panel.getByRole('alert')).toHaveCount(0);
});
