// Saved lists and templates: on the server, shared by everybody who may push.
import { expect, Tab, test } from '../fixtures';
import { isAccessible, look } from '../looks';
import { openPanel, push } from '../panel';

test('selected clients are saved as a list, which somebody else pushes to', { tag: '@phone' }, async ({ context, server }) => {
  for (const id of ['ada', 'bea', 'cem']) await server.listen(id);
  const panel = await openPanel(context, server, '/clients', '?sort=client_id');
  for (const id of ['ada', 'cem']) await panel.getByRole('checkbox', { name: `Select ${id}` }).check();
  const selection = panel.getByRole('region', { name: /selected$/ });
  await selection.getByRole('button', { name: 'Save as list' }).click();
  await selection.getByLabel('List name').fill('Testers');
  await panel.keyboard.press('Enter');
  await expect(selection).toContainText('Saved Testers.');
  await look(panel, `clients-save-${panel.viewportSize()?.width}`);

  const other = await openPanel(context, server, '/push');
  const lists = other.getByRole('region', { name: 'Lists' });
  await expect(lists).toContainText('2 clients');
  await lists.getByRole('button', { name: 'Use Testers' }).click();
  await expect(other.getByText('Reaches 2 clients on 2 connections now.')).toBeVisible();
  await other.getByLabel('Data').fill('for testers');
  await push(other);
  await expect(other.getByRole('region', { name: 'Delivery' })).toContainText('Sent to 2 connections.');
});

test('a name that is taken is asked about, and a list is removed after a question', async ({ context, server }) => {
  const panel = await openPanel(context, server, '/push');
  const lists = panel.getByRole('region', { name: 'Lists' });
  const save = async (recipients: string, name: string) => {
    await panel.getByRole('radio', { name: 'Several' }).check();
    await panel.getByRole('combobox', { name: 'Recipients of the push' }).fill(recipients);
    await panel.keyboard.press('Enter');
    await lists.getByLabel('List name').fill(name);
    await lists.getByRole('button', { name: 'Save' }).click();
  };
  await lists.getByLabel('List name').fill('Nobody');
  await lists.getByRole('button', { name: 'Save' }).click();
  await expect(lists).toContainText('Choose recipients first.');
  await save('ada', 'team');
  await expect(lists).toContainText('Saved team.');
  await expect(lists).toContainText('1 client');
  await save('orders/42', 'TEAM');
  await lists.getByRole('alertdialog').getByRole('button', { name: 'Replace it' }).click();
  await expect(lists).toContainText('1 client, 1 topic');
  await expect(lists.getByRole('listitem')).toHaveCount(1);
  await lists.getByRole('button', { name: 'Remove TEAM' }).click();
  await lists.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect(lists.getByRole('listitem')).toHaveCount(0);
});

test('a template is shared, and fills the form but not the recipients', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server, '/push');
  await panel.getByRole('radio', { name: 'JSON' }).check();
  await panel.getByLabel('Data').fill('{"state": "maintenance"}');
  await panel.getByLabel('Event type').fill('status');
  await panel.getByText('More options').click();
  await panel.getByLabel('Urgency').selectOption('high');
  const templates = panel.getByRole('region', { name: 'Templates' });
  await templates.getByLabel('Template name').fill('Maintenance');
  await templates.getByRole('button', { name: 'Save' }).click();
  await expect(templates).toContainText('Saved Maintenance.');
  await expect(templates).toContainText('status · ');

  const other = await openPanel(context, server, '/push', '?topic=news');
  await other.getByRole('region', { name: 'Templates' }).getByRole('button', { name: 'Use Maintenance' }).click();
  await expect(other.getByLabel('Data')).toHaveValue('{"state": "maintenance"}');
  await expect(other.getByRole('radio', { name: 'JSON' })).toBeChecked();
  await expect(other.getByLabel('Event type')).toHaveValue('status');
  await expect(other.getByLabel('Topic', { exact: true })).toHaveValue('news');
  await other.getByText('More options').click();
  await expect(other.getByLabel('Urgency')).toHaveValue('high');
  await look(other, `push-template-${other.viewportSize()?.width}`);
});

test('recipients are typed with suggestions, by keys alone, and pasted', { tag: '@phone' }, async ({ context, server }) => {
  // The random id of the tab has none of these letters.
  for (const id of ['zoe', 'zoelle', 'bea']) await server.listen(id);
  const tab = await Tab.open(context, server);
  await tab.subscribe('orders/42');
  const panel = await openPanel(context, server, '/push');
  await panel.getByRole('radio', { name: 'Several' }).check();
  const field = panel.getByRole('combobox', { name: 'Recipients of the push' });
  const chips = panel.getByRole('list', { name: 'Recipients of the push' }).getByRole('listitem');
  await field.pressSequentially('zo');
  await expect(panel.getByRole('option', { name: /^zoelle/ })).toBeVisible();
  await look(panel, `push-suggestions-${panel.viewportSize()?.width}`);
  await isAccessible(panel);
  await field.press('ArrowDown');
  await field.press('Enter');
  await expect(chips).toHaveText([/^zoe/]);
  await field.pressSequentially('orders');
  await expect(panel.getByRole('option', { name: /orders\/42/ })).toBeVisible();
  await field.press('ArrowDown');
  await field.press('Enter');
  await expect(chips).toHaveCount(2);
  await expect(chips.last()).toContainText('orders/42');
  await expect(chips.last()).toContainText('topic');
  await field.press('Backspace');
  await expect(chips).toHaveCount(1);

  await field.evaluate((input, text) => {
    const data = new DataTransfer();
    data.setData('text', text);
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, '"bea"\r\n"cem"\r\n"zoe"\r\n');
  await expect(chips).toHaveCount(3);
  await panel.getByRole('button', { name: 'Remove cem' }).click();
  await expect(panel.getByText('Reaches 2 clients on 2 connections now.')).toBeVisible();
  await panel.getByLabel('Data').fill('for two');
  await push(panel);
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('Sent to 2 connections.');
});

test('clients and topics of one push are told in one push each', async ({ context, server }) => {
  await server.listen('ada');
  const tab = await Tab.open(context, server);
  await tab.subscribe('news');
  const panel = await openPanel(context, server, '/push');
  await panel.getByRole('radio', { name: 'Several' }).check();
  const field = panel.getByRole('combobox', { name: 'Recipients of the push' });
  await field.fill('ada, topics/of the day');
  await field.press('Enter');
  await panel.getByLabel('Data').fill('for both');
  await push(panel);
  const outcome = panel.getByRole('region', { name: 'Delivery' });
  await expect(outcome.getByRole('heading', { level: 3 })).toHaveText(['ada', /topics\/of the day$/]);
  await expect(outcome).toContainText('Sent to 1 connection.');
});

test('who has not read it is pushed to again', { tag: '@phone' }, async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  const panel = await openPanel(context, server, '/push');
  await panel.getByRole('radio', { name: 'Several' }).check();
  const field = panel.getByRole('combobox', { name: 'Recipients of the push' });
  await field.fill(`${id}, away-1, away-2`);
  await field.press('Enter');
  await panel.getByLabel('Data').fill('please read');
  await push(panel);
  const outcome = panel.getByRole('region', { name: 'Delivery' });
  const people = outcome.getByRole('list', { name: 'Recipients' }).getByRole('listitem');
  await expect(people.filter({ hasText: id })).toContainText('acknowledged');
  await expect(people.filter({ hasText: 'away-1' })).toContainText('waiting');
  await look(panel, `push-delivery-${panel.viewportSize()?.width}`);
  await outcome.getByRole('button', { name: 'Push to 2 clients that have not read it' }).click();
  const chips = panel.getByRole('list', { name: 'Recipients of the push' }).getByRole('listitem');
  await expect(chips).toHaveText([/^away-1/, /^away-2/]);
});

test('a message is shown as readers see it, and a test goes to this browser only', { tag: '@phone' }, async ({ context, server }) => {
  const panel = await openPanel(context, server, '/push');
  const preview = panel.getByRole('region', { name: 'Preview' });
  await panel.getByRole('radio', { name: 'JSON' }).check();
  await panel.getByLabel('Data').fill('{"total":5}');
  await panel.getByLabel('Event type').fill('cart');
  await expect(preview).toContainText('cart');
  await expect(preview).toContainText('"total": 5');
  await preview.getByRole('button', { name: 'Send a test to myself' }).click();
  await expect(preview).toContainText('the client of this browser');
  const opened = context.waitForEvent('page');
  await preview.getByRole('link', { name: 'Open its page' }).click();
  const page = await opened;
  await expect(page.getByRole('log')).toContainText('"total": 5');
});
