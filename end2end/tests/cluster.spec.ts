// Three nodes over three real nats-servers, and pages that reach them through a balancer.
import type { BrowserContext, Page } from '@playwright/test';
import { Cluster } from '../cluster';
import { Elsewhere, type Reader } from '../elsewhere';
import { expect, otherOrigin, test as base } from '../fixtures';
import { devices, look } from '../looks';
import { clients, goTo, openPanel, push, rowOf } from '../panel';

const test = base.extend<{ cluster: Cluster; elsewhere: Elsewhere; plain: { url: string } }>({
  cluster: async ({ reports }, use) => {
    const cluster = await Cluster.start('--heartbeat', '1');
    await use(cluster);
    reports.ended = true;
    await cluster.dispose();
  },
  elsewhere: async ({ cluster, context }, use) => {
    const elsewhere = await Elsewhere.at(cluster.url, context);
    await use(elsewhere);
    elsewhere.close();
  },
  /** A page with a plain EventSource. Its address has the URL of the stream as its fragment. */
  plain: async ({}, use) => {
    const origin = await otherOrigin({
      '/': `<!DOCTYPE html><html lang="en"><title>Plain</title><ol></ol>
        <script type="module">
          const events = new EventSource(decodeURIComponent(location.hash.slice(1)))
          events.onmessage = ({ data }) => {
            const item = document.createElement('li')
            item.textContent = data
            document.querySelector('ol').append(item)
          }
        </script>`,
    });
    await use({ url: `http://127.0.0.1:${origin.port}/` });
    origin.close();
  },
});

test.use({ tolerated: /Failed to load resource|net::ERR|has been blocked by CORS policy/ });

const nodeIn = (panel: Page, name: string) =>
  panel.getByRole('region', { name: /ready/ }).getByRole('listitem').filter({ hasText: name });

const lines = (page: Page) => page.getByRole('listitem').allTextContents();

/** The lines of a page with the module, without the mark of replayed messages. */
const plainLines = async (reader: Reader) => (await reader.lines()).map((text) => text.replace(' (replayed)', ''));

/** The only node that a client is connected to. */
async function nodeOf(cluster: Cluster, client: string): Promise<string> {
  await expect.poll(() => cluster.nodesOf(client), { message: `${client} is connected` }).toHaveLength(1);
  return (await cluster.nodesOf(client))[0];
}

/** Opens a page with a native EventSource at another node than `taken`. The balancer decides, so it may take several attempts. */
async function openPlain(context: BrowserContext, cluster: Cluster, page: string, taken: string): Promise<{ page: Page; node: string }> {
  const opened = await context.newPage();
  const stream = `${cluster.url}/sse?client_id=bob&topic=news`;
  await opened.goto(`${page}#${encodeURIComponent(stream)}`);
  for (;;) {
    const node = await nodeOf(cluster, 'bob');
    if (node !== taken) return { page: opened, node };
    await opened.reload();
    await expect.poll(() => cluster.nodesOf('bob')).not.toEqual([taken]);
  }
}

/** Looks at a page in light and dark, on a desktop and a phone. */
async function lookEverywhere(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [device, viewport] of devices.toReversed()) {
      await page.setViewportSize(viewport);
      await look(page, `${name}-${colorScheme}-${device}`);
    }
  }
}

test('pages at two nodes, a panel at the third, and a node that is killed', async ({ context, cluster, elsewhere, plain }) => {
  test.setTimeout(300_000);
  const ada = await elsewhere.open({ clientId: 'ada', topics: ['news'], shared: false });
  const home = await nodeOf(cluster, 'ada');
  const bob = await openPlain(context, cluster, plain.url, home);
  const third = cluster.other(home, bob.node);

  // The panel of the third node shows both, with their nodes.
  const panel = await openPanel(context, third, '/nodes');
  await expect(panel.getByRole('heading', { name: '3 of 3 nodes are ready' })).toBeVisible();
  await lookEverywhere(panel, 'nodes');
  for (const name of [home, bob.node]) await expect(nodeIn(panel, name)).toContainText(/Connections\s*1/);
  await goTo(panel, 'Clients');
  await expect(rowOf(panel, 'ada')).toBeVisible();
  await rowOf(panel, 'bob').getByRole('button').click();
  await expect(panel.getByRole('region', { name: 'bob' })).toContainText(`at node ${bob.node}`);
  await expect(clients(panel).getByRole('row').filter({ hasText: /ada|bob/ })).toHaveCount(2);

  // A push from there reaches both.
  await goTo(panel, 'Push');
  await panel.getByRole('radio', { name: 'A topic' }).check();
  await panel.getByLabel('Topic', { exact: true }).fill('news');
  await panel.getByLabel('Data').fill('from the panel');
  await push(panel);
  await expect(panel.getByRole('region', { name: 'Delivery' })).toContainText('Sent to 2 connections.');
  await expect.poll(() => plainLines(ada)).toEqual(['from the panel']);
  await expect.poll(() => lines(bob.page)).toEqual(['from the panel']);
  await goTo(panel, 'Nodes');

  // Each of the two nodes is killed in turn: once a page with the module reconnects, once one with an EventSource.
  const expected = ['from the panel'];
  for (const client of ['ada', 'bob']) {
    const node = cluster.node(await nodeOf(cluster, client));
    await cluster.kill(node);
    const left = cluster.other(node.name, third.name);
    for (let n = 0; n < 20; n++) {
      const text = `${node.name} is down: ${n}`;
      await cluster.push(n % 2 ? left : third, { topic: 'news' }, text);
      expected.push(text);
    }
    await expect.poll(() => plainLines(ada), { timeout: 60_000 }).toEqual(expected);
    await expect.poll(() => lines(bob.page), { timeout: 60_000 }).toEqual(expected);
    await expect(nodeIn(panel, node.name)).toContainText('gone', { timeout: 30_000 });
    await expect(nodeIn(panel, node.name)).toContainText('It was last heard of');
    if (client === 'ada') await lookEverywhere(panel, 'nodes-one-gone');
    await expect(panel.getByRole('heading', { name: '2 of 3 nodes are ready' })).toBeVisible();
    await expect.poll(() => cluster.nodesOf(client, third)).toHaveLength(1);
    expect(await cluster.nodesOf(client, third)).not.toContain(node.name);

    await cluster.startAgain(node);
    await expect(nodeIn(panel, node.name)).not.toContainText('gone', { timeout: 30_000 });
    await expect(panel.getByRole('heading', { name: '3 of 3 nodes are ready' })).toBeVisible({ timeout: 30_000 });
    await cluster.push(node, { topic: 'news' }, `${node.name} is back`);
    expected.push(`${node.name} is back`);
    await expect.poll(() => plainLines(ada)).toEqual(expected);
    await expect.poll(() => lines(bob.page)).toEqual(expected);
  }
});
