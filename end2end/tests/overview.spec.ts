// The panel's overview: how the node is, live.
import { expect, Tab, test } from '../fixtures';
import { isLive, openPanel } from '../panel';

test('figures and charts move by themselves', { tag: '@phone' }, async ({ context, server }) => {
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

test('a chart says by keyboard what was at another moment', async ({ context, server }) => {
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

test('the same figures are there as a table', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await panel.getByText('Show as a table').click();
  const table = panel.getByRole('table');
  await expect(table.getByRole('columnheader')).toHaveCount(8);
  await expect(table.getByRole('row')).toHaveCount(2, { timeout: 20_000 });
});

test('figures that can not be read say why, and are read again when asked to', async ({ context, server }) => {
  const panel = await context.newPage();
  let broken = true;
  await panel.route('**/api/stats/history', (route) => (broken ? route.abort() : route.continue()));
  await panel.goto(`${server.url}/admin`);
  // Once it is live, nothing but the person asks again.
  await isLive(panel);
  await expect(panel.getByRole('alert')).toContainText('The server does not answer.');
  broken = false;
  await panel.getByRole('button', { name: 'Try again' }).click();
  await expect(panel.getByRole('alert')).toHaveCount(0);
});
