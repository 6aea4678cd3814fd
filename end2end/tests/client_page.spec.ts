// The page of one client, which has a URL of its own.
import { expect, Tab, test } from '../fixtures';
import { look } from '../looks';
import { isLive, openPanel, push } from '../panel';

async function tell(server: { url: string }, client: string, data: string): Promise<void> {
  const body = JSON.stringify({ to: { client }, data });
  const answer = await fetch(`${server.url}/push`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect(answer.ok).toBe(true);
}

test('an inbox that could not be loaded is not called empty', async ({ context, server }) => {
  await server.push({ to: { client: 'ada' }, data: 'waits' });
  const panel = await context.newPage();
  await panel.route('**/api/messages?*', (route) => route.fulfill({ status: 500, body: '' }));
  await panel.goto(`${server.url}/admin/client?id=ada`);
  await expect(panel.getByRole('region', { name: 'Connections' })).toBeVisible();
  await expect(panel.locator('.field-note').filter({ hasText: /./ }).first()).toBeVisible();
  await expect(panel.getByText('Nothing waits for this client.')).toHaveCount(0);
});

test('the page of a client shows its connections and what became of its messages', { tag: '@phone' }, async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  await tab.subscribe('orders/42');
  await tell(server, id, 'got it');
  await expect(tab.messages()).toContainText('got it');
  const panel = await openPanel(context, server, '/clients');
  await panel.getByRole('button', { name: `Details of ${id}` }).click();
  await panel.getByRole('region', { name: id }).getByRole('link', { name: 'Open page' }).click();
  await expect(panel).toHaveURL(new RegExp(`/admin/client\\?id=${id}$`));
  await expect(panel.getByRole('heading', { level: 1, name: 'Client' })).toBeVisible();
  const connections = panel.getByRole('region', { name: 'Connections' });
  await expect(connections).toContainText('orders/42');
  await expect(connections).toContainText('Mozilla/5.0');
  const timeline = panel.getByRole('region', { name: 'Timeline' });
  await expect(timeline.getByRole('listitem').filter({ hasText: 'got it' })).toContainText('acknowledged');
  await expect(timeline).toContainText('Connected: ');
  await tell(server, id, 'and this');
  await expect(timeline.getByRole('listitem').filter({ hasText: 'and this' })).toContainText('acknowledged');
  await expect(timeline.getByRole('listitem').filter({ hasText: 'got it' })).toContainText('acknowledged');
  await look(panel, `client-page-${panel.viewportSize()?.width}`);

  // It follows what happens, and a reload shows the same.
  await tab.page.close();
  await expect(connections).toContainText('No connection is open.');
  await expect(timeline).toContainText('Disconnected: closed by the client');
  await panel.reload();
  await isLive(panel);
  await expect(timeline.getByRole('listitem').filter({ hasText: 'got it' })).toContainText('acknowledged');
});

test('what waits for a client is shown, and is cleared after a question', { tag: '@phone' }, async ({ context, server }) => {
  await tell(server, 'ada', 'one');
  await tell(server, 'ada', 'two');
  const panel = await context.newPage();
  await panel.goto(`${server.url}/admin/client?id=ada`);
  await isLive(panel);
  const inbox = panel.getByRole('region', { name: 'Inbox' });
  await expect(inbox.getByRole('listitem')).toHaveCount(2);
  await expect(inbox.getByRole('listitem').first()).toContainText('one');
  await panel.getByRole('button', { name: 'Clear inbox' }).click();
  await panel.getByRole('alertdialog').getByRole('button', { name: 'Clear inbox' }).click();
  await expect(panel.getByText('The inbox is empty.')).toBeVisible();
  await expect(inbox).toContainText('Nothing waits for this client.');
  const timeline = panel.getByRole('region', { name: 'Timeline' });
  await expect(timeline.getByRole('listitem').filter({ hasText: 'two' })).toContainText('expired');
  await expect(timeline).toContainText('inbox.clear');
  await look(panel, `client-cleared-${panel.viewportSize()?.width}`);

  // From here to a push, and back.
  await panel.getByRole('link', { name: 'Push to this client' }).click();
  await expect(panel.getByLabel('Client id', { exact: true })).toHaveValue('ada');
  await panel.getByLabel('Data').fill('three');
  await push(panel);
  await panel.goBack();
  await expect(inbox.getByRole('listitem')).toHaveText([/three/]);
});

test('a client that the server does not know is named as such', async ({ context, server }) => {
  const panel = await context.newPage();
  await panel.goto(`${server.url}/admin/client?id=nobody`);
  await isLive(panel);
  await expect(panel.getByText('The server does not know this client.')).toBeVisible();
});
