// Messages that are pushed later, in the panel, and messages that take the place of others.
import { expect, Tab, test } from '../fixtures';
import { look } from '../looks';
import { goTo, openPanel, push } from '../panel';

const scheduled = (panel: import('@playwright/test').Page) => panel.getByRole('list', { name: 'Scheduled messages' }).getByRole('listitem');

/** A time of tomorrow, as a field for local times has it. Browsers leave out seconds that are 0. */
const tomorrow = () => {
  const date = new Date(Date.now() + 24 * 60 * 60 * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 17) + '30';
};

test('a message is scheduled in the push form, moved, and arrives', { tag: '@phone' }, async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const panel = await openPanel(context, server, '/push', `?client=${await tab.id()}`);
  await panel.getByLabel('Data').fill('see you tomorrow');
  await panel.getByLabel('When').fill(tomorrow());
  await push(panel);
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('Scheduled for');
  await panel.getByRole('link', { name: 'Show scheduled' }).click();
  await expect(scheduled(panel)).toHaveCount(1);
  await expect(scheduled(panel)).toContainText('see you tomorrow');
  await expect(tab.messages()).toHaveCount(0);
  await look(panel, `scheduled-${panel.viewportSize()?.width}`);
  await panel.getByRole('button', { name: 'Change time' }).click();
  await panel.getByLabel('Time').fill('2020-01-01T08:00:30');
  await panel.getByRole('button', { name: 'Save' }).click();
  await expect(tab.messages()).toContainText('see you tomorrow');
  await expect(panel.getByText('No message is scheduled.')).toBeVisible();
});

test('a scheduled message can be cancelled', async ({ context, server }) => {
  await server.push({ to: { client: 'anna' }, data: 'never', delay: 3600 });
  const panel = await openPanel(context, server);
  await goTo(panel, 'Scheduled');
  await expect(scheduled(panel)).toContainText('never');
  await panel.getByRole('button', { name: 'Cancel message' }).click();
  await panel.getByRole('alertdialog').getByRole('button', { name: 'Cancel message' }).click();
  await expect(panel.getByText('No message is scheduled.')).toBeVisible();
  const { scheduled: left } = await (await fetch(`${server.url}/api/scheduled`)).json();
  expect(left).toEqual([]);
});

test('a newer message takes the place of the older one on the page', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const to = { client: await tab.id() };
  await server.push({ to, data: '1:0', replace: 'score' });
  await server.push({ to, data: 'another message' });
  await expect(tab.messages()).toHaveCount(2);
  await server.push({ to, data: '2:0', replace: 'score' });
  await expect(tab.messages()).toContainText(['2:0', 'another message']);
  await server.push({ to, data: '2:1', replace: 'score' });
  await expect(tab.messages()).toContainText(['2:1', 'another message']);
  await expect(tab.messages()).toHaveCount(2);
});
