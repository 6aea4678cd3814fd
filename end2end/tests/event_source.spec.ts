// The pages listen by EventSource, and open it again where the browser does not.
import type { BrowserContext, Page } from '@playwright/test';
import { Proxy } from '../elsewhere';
import { expect, Tab, test, type Tidings } from '../fixtures';

test.use({ flags: ['--heartbeat', '1'] });

const numbers = (from: number, to: number) =>
  [...Array(to - from + 1).keys()].map((n) => `number ${from + n}`);

/** The URLs of the streams that a page opens from now on. */
function streamsOf(page: Page): URL[] {
  const streams: URL[] = [];
  page.on('request', (request) => {
    if (request.resourceType() === 'eventsource') streams.push(new URL(request.url()));
  });
  return streams;
}

/** A tab whose stream comes through a proxy, with the streams that it opens. */
async function behindProxy(context: BrowserContext, server: Tidings) {
  const proxy = await Proxy.before(server.port);
  const tab = new Tab(await context.newPage());
  const streams = streamsOf(tab.page);
  await tab.page.goto(proxy.url);
  await tab.isLive();
  return { proxy, tab, streams, client: await tab.id() };
}

/** The position after which a stream was opened. */
const after = (stream: URL) => Number(stream.searchParams.get('last_event_id')?.split('-')[1]);

async function connections(server: Tidings, client: string): Promise<number> {
  const known = await (await fetch(`${server.url}/api/clients/${client}`)).json();
  return known.connections.length;
}

/** Pushes numbers to a client. Returns the id of the last. */
async function push(server: Tidings, client: string, from: number, to: number): Promise<string> {
  let last = '';
  for (const data of numbers(from, to)) {
    last = (await server.push({ to: { client }, event: `type ${data}`, data })).id;
  }
  return last;
}

for (const path of ['/', '/admin', '/jobs']) {
  test(`${path} opens one EventSource, and does not load tidings.js`, async ({ page, server }) => {
    const streams = streamsOf(page);
    const scripts: string[] = [];
    page.on('request', (request) => { if (request.resourceType() === 'script') scripts.push(request.url()); });
    await page.goto(server.url + path);
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
    expect(streams).toHaveLength(1);
    expect(streams[0].pathname).toBe('/sse');
    expect(streams[0].searchParams.get('envelope')).toBe('json');
    expect(scripts.filter((url) => url.includes('tidings.js'))).toEqual([]);
  });
}

test('tabs that share one connection load tidings.js', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const module = tab.page.waitForRequest((request) => request.url().endsWith('/tidings.js'));
  await tab.page.getByRole('switch', { name: /Share one connection/ }).check();
  await module;
  await tab.isLive();
});

test('the browser reconnects after a connection is cut', async ({ context, server }) => {
  const { proxy, tab, streams, client } = await behindProxy(context, server);
  try {
    await push(server, client, 1, 2);
    await expect.poll(() => tab.texts()).toEqual(numbers(1, 2));
    const again = tab.page.waitForRequest((request) => request.resourceType() === 'eventsource');
    proxy.cut();
    await push(server, client, 3, 4);
    // The browser requests the same URL, and sends its cursor in the header.
    expect((await again).url()).toBe(streams[0].href);
    await expect.poll(() => tab.texts()).toEqual(numbers(1, 4));
    await tab.isLive();
  } finally {
    proxy.close();
  }
});

test('the page shows why the stream was refused, and continues after its newest message', async ({ context, server }) => {
  const { proxy, tab, streams, client } = await behindProxy(context, server);
  try {
    const had = await push(server, client, 1, 2);
    await expect.poll(() => tab.texts()).toEqual(numbers(1, 2));
    const problem = { type: '/docs#x', title: 'Full', status: 503, code: 'too_many_connections', detail: 'the server is full' };
    // After this response an EventSource does not reconnect.
    proxy.refusal = { status: 503, type: 'application/problem+json', body: JSON.stringify(problem) };
    proxy.cut();
    await expect(tab.page.getByText('the server is full')).toBeVisible();
    await push(server, client, 3, 4);
    proxy.refusal = undefined;
    await expect.poll(() => tab.texts()).toEqual(numbers(1, 4));
    await tab.isLive();
    expect(after(streams[streams.length - 1])).toBeGreaterThanOrEqual(Number(had.split('-')[1]));
  } finally {
    proxy.close();
  }
});

test('a stream without pings is replaced', async ({ context, server }) => {
  const { proxy, tab, client } = await behindProxy(context, server);
  try {
    proxy.stall();
    await push(server, client, 1, 3);
    await expect.poll(() => tab.texts(), { timeout: 30_000 }).toEqual(numbers(1, 3));
    await tab.isLive();
  } finally {
    proxy.close();
  }
});

test('the page reconnects with the network, and gets the messages that it missed', async ({ context, server }) => {
  const { proxy, tab, client } = await behindProxy(context, server);
  try {
    await push(server, client, 1, 2);
    await expect.poll(() => tab.texts()).toEqual(numbers(1, 2));
    await context.setOffline(true);
    proxy.cut();
    await expect(tab.state()).toHaveText('Offline');
    await push(server, client, 3, 5);
    await server.push({ to: 'everyone', data: 'number 6' });
    await context.setOffline(false);
    await tab.isLive();
    await expect.poll(() => tab.texts()).toEqual(numbers(1, 6));
  } finally {
    proxy.close();
  }
});

// The events that a browser sends to a page that it freezes, or stores in its back/forward cache. Playwright's browsers do
// neither.
const kept = {
  'is frozen': () => document.dispatchEvent(new Event('freeze')),
  'resumes': () => document.dispatchEvent(new Event('resume')),
  'is stored': () => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })),
  'is shown again': () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
} as const;

for (const [leaves, returns] of [['is frozen', 'resumes'], ['is stored', 'is shown again']] as const) {
  test(`a page that ${leaves} has no connection, and gets its messages when it ${returns}`, async ({ context, server }) => {
    const tab = await Tab.open(context, server);
    const client = await tab.id();
    const streams = streamsOf(tab.page);
    const had = await push(server, client, 1, 2);
    await expect.poll(() => tab.texts()).toEqual(numbers(1, 2));
    await tab.page.evaluate(kept[leaves]);
    await expect.poll(() => connections(server, client)).toBe(0);
    await push(server, client, 3, 5);
    await server.push({ to: 'everyone', data: 'number 6' });
    await tab.page.evaluate(kept[returns]);
    await expect.poll(() => tab.texts()).toEqual(numbers(1, 6));
    await tab.isLive();
    expect(after(streams[0])).toBeGreaterThanOrEqual(Number(had.split('-')[1]));
  });
}

test('a page that becomes visible reconnects at once', async ({ context, server }) => {
  const { proxy, tab, client } = await behindProxy(context, server);
  try {
    proxy.refusal = { status: 503, type: 'text/plain', body: 'full', retryAfter: '3600' };
    proxy.cut();
    await expect(tab.page.getByText('The server answered with status 503.')).toBeVisible();
    proxy.refusal = undefined;
    await push(server, client, 1, 1);
    await tab.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await tab.isLive();
    await expect.poll(() => tab.texts()).toEqual(numbers(1, 1));
  } finally {
    proxy.close();
  }
});
