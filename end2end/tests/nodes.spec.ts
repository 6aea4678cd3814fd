// *Nodes* in the panel of a single server. cluster.spec.ts has a cluster.
import { expect, test } from '../fixtures';
import { look } from '../looks';
import { goTo, openPanel, push, sections } from '../panel';

test('a server that runs alone says so @phone', async ({ context, server }) => {
  const panel = await openPanel(context, server);
  await expect(panel.locator('.facts')).toContainText('tidings');
  await expect(sections(panel).getByRole('link', { name: 'Nodes' })).toHaveCount(0);
  await panel.goto(`${server.url}/admin/nodes`);
  await expect(panel.getByText('This server runs alone.')).toBeVisible();
  // On a phone it is in the menu.
  const link = sections(panel).getByRole('link', { name: 'Nodes', includeHidden: true });
  await expect(link).toHaveAttribute('aria-current', 'page');
  await look(panel, `nodes-alone-${panel.viewportSize()?.width}`);
  const guide = await panel.getByRole('link', { name: 'How to start a cluster' }).getAttribute('href');
  const answer = await fetch(`${server.url}/${guide}`);
  expect(await answer.text()).toContain('A cluster of Tidings</h1>');
});

test('an error of the list of nodes is shown, and the list is loaded again', async ({ context, server }) => {
  await context.route('**/api/nodes', (route) => route.abort());
  const panel = await openPanel(context, server, '/nodes');
  await expect(panel.getByRole('alert')).toContainText('Try again');
  await context.unroute('**/api/nodes');
  await expect(panel.getByText('This server runs alone.')).toBeVisible();
  await expect(panel.getByRole('alert')).toHaveCount(0);
});

const node = { version: '0.1.0', janitor: false, clients: 1_200, connections: 1_300, lag: 0, uptime: 93_000, silent_ms: 400 };
const troubled = {
  node: 'west-1',
  nodes: [
    { ...node, name: 'west-1', state: 'ready', janitor: true, url: 'https://west-1.push.example.org' },
    { ...node, name: 'west-2', state: 'not_ready', lag: 812, reason: 'this node is catching up: 812 records are missing' },
    { ...node, name: 'west-3', state: 'draining' },
    { ...node, name: 'west-4', state: 'gone', silent_ms: 75_000 },
  ],
  stream: {
    name: 'TIDINGS_WEST', reachable: false, leader: 'nats-1', replicas: 3, last: 123_456,
    weaknesses: ['the NATS server nats-2 is down', 'the NATS server nats-3 is behind with its copy of the messages'],
  },
};

test('states, reasons and weaknesses are shown @phone', async ({ context, server }) => {
  await context.route('**/api/nodes', (route) => route.fulfill({ json: troubled }));
  const panel = await openPanel(context, server);
  await goTo(panel, 'Nodes');
  const nodes = panel.getByRole('region', { name: '1 of 4 nodes are ready' }).getByRole('listitem');
  await expect(nodes.nth(0)).toContainText(/west-1.*ready.*janitor.*1,200/);
  await expect(nodes.nth(1)).toContainText('not ready');
  await expect(nodes.nth(1)).toContainText('This node is catching up: 812 records are missing.');
  await expect(nodes.nth(2)).toContainText('shutting down');
  await expect(nodes.nth(3)).toContainText('It was last heard of 1 min 15 sec ago.');
  await expect(nodes.nth(3)).not.toContainText('1,200');
  await expect(panel.getByText('The NATS server nats-2 is down.')).toBeVisible();
  await expect(panel.getByRole('region', { name: 'Stream' })).toContainText('not reachable');
  await look(panel, `nodes-troubled-${panel.viewportSize()?.width}`);
});

test('nodes that have not answered are named', async ({ context, server }) => {
  const missing_nodes = ['west-2', 'west-3'];
  await context.route('**/api/clients?*', (route) => route.fulfill({ json: { clients: [], total: 0, matching: 0, missing_nodes } }));
  await context.route('**/push', (route) => route.fulfill({ json: { id: null, connections: 3, queued: false, missing_nodes: ['west-2'] } }));
  const panel = await openPanel(context, server, '/clients');
  await expect(panel.getByText('Nodes west-2, west-3 have not answered. Their connections are not counted.')).toBeVisible();
  await look(panel, 'clients-missing-nodes');
  await goTo(panel, 'Push');
  await panel.getByLabel('Client id', { exact: true }).fill('ada');
  await panel.getByLabel('Data').fill('hello');
  await push(panel);
  const delivery = panel.getByRole('region', { name: 'Delivery' });
  await expect(delivery).toContainText('Sent to 3 connections.');
  await expect(delivery).toContainText('Node west-2 has not answered in time.');
  await look(panel, 'push-missing-nodes');
});
