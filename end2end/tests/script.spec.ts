// /tidings.js on a page of another origin.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Elsewhere, Proxy, type Reader } from '../elsewhere';
import { binary, expect, test as base, type Tidings } from '../fixtures';

const test = base.extend<{ elsewhere: Elsewhere; middle: Proxy; behind: Elsewhere }>({
  elsewhere: async ({ server, context }, use) => {
    const elsewhere = await Elsewhere.at(server.url, context);
    await use(elsewhere);
    elsewhere.close();
  },
  middle: async ({ server }, use) => {
    const middle = await Proxy.before(server.port);
    await use(middle);
    middle.close();
  },
  /** A page that connects through a proxy. */
  behind: async ({ middle, context }, use) => {
    const behind = await Elsewhere.at(middle.url, context);
    await use(behind);
    behind.close();
  },
});

test.use({ flags: ['--heartbeat', '1'], tolerated: /Failed to load resource|has been blocked by CORS policy/ });

const client = 'anna';
const numbers = (from: number, to: number) => [...Array(to - from + 1).keys()].map((n) => `number ${from + n}`);

async function connections(server: Tidings, id = client): Promise<{ topics: string[] }[]> {
  return (await (await fetch(`${server.url}/api/clients/${id}`)).json()).connections;
}

/** The lines of a page, without the mark of replayed messages. */
const plain = async (reader: Reader) => (await reader.lines()).map((text) => text.replace(' (replayed)', ''));

test('messages of all types arrive and are acknowledged', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client });
  await server.push({ to: { client }, data: 'good day\nand good luck' });
  const { id } = await server.push({ to: { client }, event: 'order.paid', data: { total: 99.5 } });
  await expect.poll(() => reader.lines()).toEqual(['good day\nand good luck', 'order.paid: {"total":99.5}']);
  await expect.poll(async () => (await server.message(id)).recipients[0].receipt).toBe('acknowledged');
});

test('data is available as JSON and as the original text', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client });
  await reader.page.evaluate(() => {
    const page = globalThis as any;
    page.tidings.on('message', ({ data, text }: any) => { page.received = { data, text }; });
  });
  await server.push({ to: { client }, data: { order: 42 } });
  const expected = { data: { order: 42 }, text: '{"order":42}' };
  await expect.poll(() => reader.page.evaluate(() => (globalThis as any).received)).toEqual(expected);
});

test('replacement, urgency and the state of a topic are passed on, and nothing comes twice', async ({ elsewhere, server }) => {
  await server.push({ to: { client }, data: 'usual' });
  const fire = await server.push({ to: { client }, data: 'fire', urgency: 'high' });
  const first = await server.push({ to: { topic: 'score' }, data: '1:0', replace: 'score', state: true });
  const reader = await elsewhere.open({ clientId: client, topics: ['score'] });
  const lines = ['state: 1:0', 'fire', 'usual'];
  await expect.poll(() => plain(reader)).toEqual(lines);
  // The urgent message counts as received, although it came before its turn.
  await expect.poll(async () => (await server.message(fire.id)).recipients[0].receipt).toBe('acknowledged');
  await reader.page.evaluate(() => {
    const page = globalThis as any;
    page.tidings.on('message', ({ replaces, urgency }: any) => { page.last = { replaces, urgency }; });
  });
  await server.push({ to: { topic: 'score' }, data: '2:0', replace: 'score', urgency: 'low', state: true });
  await expect.poll(() => reader.page.evaluate(() => (globalThis as any).last)).toEqual({ replaces: first.id, urgency: 'low' });
  await expect.poll(() => plain(reader)).toEqual([...lines, '2:0']);
  // A new stream begins with the state, which the page knows.
  await server.push({ to: { client }, data: 'before' });
  await reader.call('subscribe', 'other');
  await server.push({ to: { topic: 'other' }, data: 'after' });
  await expect.poll(() => plain(reader)).toEqual([...lines, '2:0', 'before', 'after']);
});

test('the last message is acknowledged by a page that is closed at once', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client });
  const receipt = async (id: string) => (await server.message(id)).recipients[0].receipt;
  const first = await server.push({ to: { client }, data: 'one' });
  await expect.poll(() => receipt(first.id)).toBe('acknowledged');
  const second = await server.push({ to: { client }, data: 'two' });
  await expect.poll(() => reader.lines()).toEqual(['one', 'two']);
  await reader.page.goto('about:blank');
  await expect.poll(() => receipt(second.id)).toBe('acknowledged');
});

test('automatic acknowledgements can be turned off', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client, ack: false, shared: false });
  const one = await server.push({ to: { client }, data: 'one' });
  const two = await server.push({ to: { client }, data: 'two' });
  await expect.poll(() => reader.lines()).toEqual(['one', 'two']);
  await reader.call('ack', one.id);
  const receipt = async (id: string) => (await server.message(id)).recipients[0].receipt;
  await expect.poll(() => receipt(one.id)).toBe('acknowledged');
  expect(await receipt(two.id)).not.toBe('acknowledged');
});

test('after a reload no message is lost or duplicated', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ topics: ['news'] });
  const id = await reader.page.evaluate(() => (globalThis as any).tidings.clientId);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  await server.push({ to: { client: id }, data: 'number 1' });
  await server.push({ to: { topic: 'news' }, data: 'number 2' });
  await expect.poll(() => reader.lines()).toEqual(numbers(1, 2));
  await reader.page.goto('about:blank');
  await expect.poll(() => connections(server, id)).toEqual([]);
  await server.push({ to: { topic: 'news' }, data: 'number 3' });
  await server.push({ to: { client: id }, data: 'number 4' });
  await reader.page.goBack();
  await reader.is('live');
  await expect.poll(() => reader.lines()).toEqual(expect.arrayContaining(['number 3 (replayed)', 'number 4 (replayed)']));
  await reader.page.reload();
  await reader.is('live');
  await server.push({ to: { client: id }, data: 'number 5' });
  await expect.poll(() => reader.lines()).toEqual(['number 5']);
});

test('the page reconnects after the server was killed and restarted', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client });
  await server.push({ to: { client }, data: 'number 1' });
  await expect.poll(() => reader.lines()).toEqual(['number 1']);
  await server.kill();
  await reader.is('waiting');
  await server.start();
  await server.push({ to: { client }, data: 'number 2' });
  await reader.is('live');
  await expect.poll(() => plain(reader)).toEqual(numbers(1, 2));
});

test('an error status is reported with its reason, and attempts continue', async ({ behind, middle, server }) => {
  const reader = await behind.open({ clientId: client });
  middle.refusal = { status: 503, type: 'text/html', body: '<h1>Down for a moment</h1>' };
  middle.cut();
  await expect(reader.why()).toHaveText('status_503: The server answers with status 503.');
  const problem = { code: 'too_many_connections', detail: 'the server is full' };
  middle.refusal = { status: 503, type: 'application/problem+json', body: JSON.stringify(problem), retryAfter: '3600' };
  await reader.call('retry');
  await expect(reader.why()).toHaveText('too_many_connections: the server is full');
  // It waits for the time in `Retry-After`, unless the user starts an attempt.
  const wait = await reader.page.evaluate(() => (globalThis as any).tidings.retryAt - Date.now());
  expect(wait).toBeGreaterThan(3_000_000);
  middle.refusal = undefined;
  await server.push({ to: { client }, data: 'afterwards' });
  await reader.call('retry');
  await reader.is('live');
  await expect.poll(() => plain(reader)).toEqual(['afterwards']);
});

test('the page recovers from a 5xx status', async ({ behind, middle }) => {
  const reader = await behind.open({ clientId: client });
  middle.refusal = { status: 502, type: 'text/plain', body: 'Bad gateway' };
  middle.cut();
  await expect(reader.why()).toContainText('status_502');
  middle.refusal = undefined;
  await reader.is('live');
});

test('a dead connection is detected by missing pings', async ({ behind, middle, server }) => {
  const reader = await behind.open({ clientId: client });
  middle.stall();
  await server.push({ to: { client }, data: 'through another connection' });
  await expect.poll(() => plain(reader), { timeout: 30_000 }).toEqual(['through another connection']);
  expect(await reader.page.evaluate(() => (globalThis as any).states)).toContain('connecting');
  await reader.is('live');
});

test('losing the network is reported at once, and the page reconnects with it', async ({ elsewhere, context, server }) => {
  // A host name, because connections to this machine do not need a network.
  const reader = await elsewhere.open({ clientId: client, url: `http://push.test:${server.port}` });
  await context.setOffline(true);
  await reader.is('waiting');
  await expect(reader.why()).toHaveText('offline');
  await server.push({ to: { client }, data: 'meanwhile' });
  await context.setOffline(false);
  await reader.is('live');
  await expect.poll(() => plain(reader)).toEqual(['meanwhile']);
});

test('a page that becomes visible reconnects at once', async ({ behind, middle }) => {
  const reader = await behind.open({ clientId: client });
  middle.refusal = { status: 503, type: 'text/plain', body: 'full', retryAfter: '3600' };
  middle.cut();
  await expect(reader.why()).toContainText('status_503');
  middle.refusal = undefined;
  await reader.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await reader.is('live');
});

test('topics can be added and removed without losing messages', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client, topics: ['news'] });
  await reader.call('subscribe', 'orders/*', 'weather');
  await expect.poll(async () => (await connections(server)).map(({ topics }) => topics)).toEqual([['news', 'orders/*', 'weather']]);
  await server.push({ to: { topic: 'orders/42' }, data: 'paid' });
  await expect.poll(() => plain(reader)).toEqual(['paid']);
  await reader.call('unsubscribe', 'weather', 'orders/*');
  await expect.poll(async () => (await connections(server)).map(({ topics }) => topics)).toEqual([['news']]);
  await server.push({ to: { topic: 'orders/42' }, data: 'sent' });
  await server.push({ to: { topic: 'news' }, data: 'the news' });
  await expect.poll(() => plain(reader)).toEqual(['paid', 'the news']);
});

test('a forbidden topic is reported, and the others work', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client, topics: ['news', '$sys/clients'] });
  await expect.poll(() => reader.lines()).toEqual(['refused: $sys/clients forbidden_topic']);
  await server.push({ to: { topic: 'news' }, data: 'the news' });
  await expect.poll(async () => (await plain(reader)).at(-1)).toBe('the news');
});

test('the loss of the log is reported, and the page continues', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client });
  for (const data of numbers(1, 3)) await server.push({ to: { client }, data });
  await expect.poll(() => reader.lines()).toEqual(numbers(1, 3));
  await server.kill();
  await server.loseData();
  await server.start();
  await reader.is('live');
  await server.push({ to: { client }, data: 'number 1 of the next' });
  await expect.poll(() => plain(reader)).toEqual([...numbers(1, 3), 'gap: unknown_epoch', 'number 1 of the next']);
});

test('a restored backup is reported, and all new messages arrive', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client });
  for (const data of numbers(1, 3)) await server.push({ to: { client }, data });
  await expect.poll(() => reader.lines()).toEqual(numbers(1, 3));
  await server.kill();
  await server.backUp();
  await server.start();
  await reader.is('live');
  for (const data of numbers(4, 6)) await server.push({ to: { client }, data });
  await expect.poll(() => reader.lines()).toEqual(numbers(1, 6));
  await server.kill();
  await server.restore();
  await server.start();
  await reader.is('live');
  for (const data of numbers(7, 11)) await server.push({ to: { client }, data });
  await expect.poll(() => plain(reader)).toEqual([...numbers(1, 6), 'gap: rolled_back', ...numbers(7, 11)]);
});

test('a recall while the page was away is reported', async ({ elsewhere, server, context }) => {
  const reader = await elsewhere.open({ clientId: client });
  const { id } = await server.push({ to: { client }, data: 'a slip' });
  await server.push({ to: { client }, data: 'well said' });
  await expect.poll(() => reader.lines()).toEqual(['a slip', 'well said']);
  await reader.page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  await expect.poll(async () => (await connections(server)).length).toBe(0);
  await server.recall(id);
  await reader.page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await expect.poll(() => reader.lines()).toEqual(['well said']);
});

test('a recalled message disappears', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client });
  const { id } = await server.push({ to: { client }, data: 'a slip' });
  await server.push({ to: { client }, data: 'well said' });
  await expect.poll(() => reader.lines()).toEqual(['a slip', 'well said']);
  await server.recall(id);
  await expect.poll(() => reader.lines()).toEqual(['well said']);
});

test('an exception in a handler affects neither the stream nor other handlers', async ({ elsewhere, server, context }) => {
  const reader = await elsewhere.open({ clientId: client });
  await reader.page.evaluate(() => {
    addEventListener('error', (event) => event.preventDefault());
    (globalThis as any).tidings.on('message', () => { throw new Error('a bug of theirs'); });
    (globalThis as any).tidings.on('message', () => { document.title = 'and another'; });
  });
  context.removeAllListeners('weberror');
  await server.push({ to: { client }, data: 'number 1' });
  await server.push({ to: { client }, data: 'number 2' });
  await expect.poll(() => reader.lines()).toEqual(numbers(1, 2));
  await expect(reader.page).toHaveTitle('and another');
});

test('a page that calls close is disconnected for good', async ({ elsewhere, server }) => {
  const reader = await elsewhere.open({ clientId: client });
  await reader.call('close');
  await reader.is('closed');
  await expect.poll(() => connections(server)).toEqual([]);
  await reader.page.evaluate(() => window.dispatchEvent(new Event('online')));
  await reader.is('closed');
});

test.describe('tabs that share one connection', () => {
  const shared = { clientId: client, topics: ['news'], shared: true };

  /** Opens this many tabs. The first one has the connection. */
  async function open(elsewhere: Elsewhere, count: number): Promise<Reader[]> {
    const readers: Reader[] = [];
    for (let n = 0; n < count; n++) readers.push(await elsewhere.open(shared));
    return readers;
  }

  test('eight tabs have one connection, and each gets every message once', async ({ elsewhere, server }) => {
    const readers = await open(elsewhere, 8);
    await expect.poll(async () => (await connections(server)).length).toBe(1);
    for (const data of numbers(1, 20)) await server.push({ to: { client }, data });
    await server.push({ to: { topic: 'news' }, data: 'number 21' });
    for (const reader of readers) await expect.poll(() => reader.lines()).toEqual(numbers(1, 21));
    expect(await connections(server)).toHaveLength(1);
  });

  test('when the tab with the connection is closed, another takes over without loss', async ({ elsewhere, server }) => {
    const [first, ...others] = await open(elsewhere, 3);
    for (const data of numbers(1, 10)) await server.push({ to: { client }, data });
    const closed = first.page.close();
    for (const data of numbers(11, 30)) await server.push({ to: { client }, data });
    await closed;
    for (const data of numbers(31, 40)) await server.push({ to: { topic: 'news' }, data });
    for (const reader of others) await expect.poll(() => plain(reader)).toEqual(numbers(1, 40));
    await expect.poll(async () => (await connections(server)).length).toBe(1);
  });

  test('a frozen tab hands over its connection, and catches up when it resumes', async ({ elsewhere, server, context }) => {
    const [first, other] = await open(elsewhere, 2);
    const browser = await context.newCDPSession(first.page);
    await browser.send('Page.setWebLifecycleState', { state: 'frozen' });
    for (const data of numbers(1, 5)) await server.push({ to: { client }, data });
    await expect.poll(() => plain(other)).toEqual(numbers(1, 5));
    await browser.send('Page.setWebLifecycleState', { state: 'active' });
    await expect.poll(() => plain(first)).toEqual(numbers(1, 5));
    await server.push({ to: { client }, data: 'number 6' });
    for (const reader of [first, other]) await expect.poll(() => plain(reader)).toEqual(numbers(1, 6));
    await expect.poll(async () => (await connections(server)).length).toBe(1);
  });

  test('an unresponsive tab loses the connection to another tab', async ({ elsewhere, server, context }) => {
    const [first, other] = await open(elsewhere, 2);
    const browser = await context.newCDPSession(first.page);
    await browser.send('Debugger.enable');
    await browser.send('Debugger.pause');
    // It stops at the next line it executes.
    await server.push({ to: { client }, data: 'number 1' });
    await expect.poll(() => plain(other), { timeout: 40_000 }).toEqual(['number 1']);
    await browser.send('Debugger.disable');
    await server.push({ to: { client }, data: 'number 2' });
    for (const reader of [first, other]) await expect.poll(() => plain(reader)).toEqual(numbers(1, 2));
    await expect.poll(async () => (await connections(server)).length).toBe(1);
  });

  test('a tab that reloads gets the messages it missed, and the others get them once', async ({ elsewhere, server }) => {
    const readers = await open(elsewhere, 3);
    await server.push({ to: { client }, data: 'number 1' });
    for (const reader of readers) await expect.poll(() => reader.lines()).toEqual(['number 1']);
    await readers[2].page.goto('about:blank');
    await server.push({ to: { topic: 'news' }, data: 'number 2' });
    for (const reader of readers.slice(0, 2)) await expect.poll(() => reader.lines()).toEqual(numbers(1, 2));
    await readers[2].page.goBack();
    await expect.poll(async () => (await plain(readers[2])).at(-1)).toBe('number 2');
    await server.push({ to: { client }, data: 'number 3' });
    for (const reader of readers.slice(0, 2)) await expect.poll(() => plain(reader)).toEqual(numbers(1, 3));
    await expect.poll(async () => (await plain(readers[2])).slice(-2)).toEqual(numbers(2, 3));
  });

  test('the connection has the topics of all open tabs', async ({ elsewhere, server }) => {
    const [first] = await open(elsewhere, 1);
    const other = await elsewhere.open({ ...shared, topics: ['weather'] });
    const topics = async () => (await connections(server)).map(({ topics }) => topics);
    await expect.poll(topics).toEqual([['news', 'weather']]);
    await server.push({ to: { topic: 'weather' }, data: 'rain' });
    for (const reader of [first, other]) await expect.poll(() => plain(reader)).toEqual(['rain']);
    await other.call('subscribe', '$sys/clients');
    for (const reader of [first, other])
      await expect.poll(async () => (await reader.lines()).at(-1)).toBe('refused: $sys/clients forbidden_topic');
    await other.page.close();
    await expect.poll(topics).toEqual([['news']]);
  });

  test('all tabs show that the server is away, and that it is back', async ({ elsewhere, server }) => {
    const readers = await open(elsewhere, 3);
    await server.kill();
    for (const reader of readers) await reader.is('waiting');
    await server.start();
    await readers[2].call('retry');
    for (const reader of readers) await reader.is('live');
    await server.push({ to: { client }, data: 'again' });
    for (const reader of readers) await expect.poll(() => plain(reader)).toEqual(['again']);
  });
});

test.describe('where streams need a token', () => {
  const secret = 'a secret of thirty-two bytes or more';
  test.use({ flags: ['--heartbeat', '1', '--stream-secret', secret] });

  const make = (ttl: string) => {
    const env = { ...process.env, TIDINGS_STREAM_SECRET: secret };
    return execFileSync(binary, ['token', '--client-id', client, '--ttl', ttl], { env }).toString().trim();
  };

  test('the token is sent in a header, never in the URL', async ({ elsewhere, server }) => {
    const token = make('1h');
    const asked: string[] = [];
    const reader = await elsewhere.open({ clientId: client, token });
    reader.page.on('request', (request) => asked.push(request.url()));
    const { id } = await server.push({ to: { client }, data: 'for anna' });
    await expect.poll(() => reader.lines()).toEqual(['for anna']);
    await expect.poll(async () => (await server.message(id)).recipients[0].receipt).toBe('acknowledged');
    expect(asked.some((url) => url.includes(token))).toBe(false);
  });

  for (const shared of [false, true])
    test(`a page renews its token before it ends, and misses nothing${shared ? ', in all tabs' : ''}`, async ({ elsewhere, server, context }) => {
      let made = 0;
      await context.exposeFunction('newToken', () => { made++; return make('4s'); });
      const readers = [await elsewhere.open({ clientId: client, shared, renews: true })];
      if (shared) readers.push(await elsewhere.open({ clientId: client, shared, renews: true }));
      let pushed = 0;
      // One at a time: many thousand of them would keep the pages from renewing the token in time.
      while (made < 4) {
        await server.push({ to: { client }, data: `number ${++pushed}` });
        await readers[0].page.getByRole('listitem').nth(pushed - 1).waitFor();
      }
      await server.push({ to: { client }, data: `number ${++pushed}` });
      // Not even replayed: there was always a stream.
      for (const reader of readers) {
        await expect.poll(() => reader.lines()).toEqual(numbers(1, pushed));
        const states: string[] = await reader.page.evaluate(() => (globalThis as any).states);
        expect(states.slice(states.indexOf('live')).every((state) => state === 'live')).toBe(true);
      }
    });

  test('a page goes on with its stream if it gets no new token, and comes back when it gets one', async ({ elsewhere, server, context }) => {
    let made = 0;
    await context.exposeFunction('newToken', () => {
      // The second one is for the notice, and the third for the end.
      if (++made == 2) throw new Error('no token now');
      return make('4s');
    });
    const reader = await elsewhere.open({ clientId: client, renews: true });
    await expect.poll(() => made, { timeout: 10_000 }).toBe(2);
    await server.push({ to: { client }, data: 'number 1' });
    await expect.poll(() => plain(reader)).toEqual(numbers(1, 1));
    await expect.poll(() => made, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
    await server.push({ to: { client }, data: 'number 2' });
    await expect.poll(() => plain(reader), { timeout: 10_000 }).toEqual(numbers(1, 2));
  });

  test('a page without a token gets the reason', async ({ elsewhere }) => {
    const reader = await elsewhere.load({ clientId: client, token: 'x.y.z' });
    await expect(reader.why()).toContainText('unauthorized: ');
  });
});

test('the module and its types are small, open to every origin, and revalidated each time', async ({ server }) => {
  for (const [name, type] of [['tidings.js', 'text/javascript'], ['tidings.d.ts', 'application/typescript']]) {
    const headers = { 'accept-encoding': 'br' };
    const first = await fetch(`${server.url}/${name}`, { headers });
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toContain(type);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    expect(first.headers.get('access-control-allow-origin')).toBe('*');
    expect(first.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(first.headers.get('content-encoding')).toBe('br');
    if (name === 'tidings.js') expect(Number(first.headers.get('content-length'))).toBeLessThan(4096);
    const again = await fetch(`${server.url}/${name}`, { headers: { ...headers, 'if-none-match': first.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
  }
});

test('the types match the module', async ({ server }) => {
  const folder = mkdtempSync(join(tmpdir(), 'types-'));
  try {
    writeFileSync(join(folder, 'tidings.d.ts'), await (await fetch(`${server.url}/tidings.d.ts`)).text());
    writeFileSync(
      join(folder, 'page.ts'),
      `import { connect, type Message } from './tidings.js'
       const tidings = connect({ topics: ['orders/*'], shared: true, token: async () => 'a.b.c' })
       const stop: () => void = tidings.on('message', ({ id, text }: Message) => console.log(id?.length, text.length))
       tidings.on('state', ({ state, retryAt }) => state == 'waiting' && console.log(retryAt! - Date.now()))
       tidings.on('gap', gap => gap.reason == 'pruned')
       // @ts-expect-error there is no such event
       tidings.on('mesage', () => {})
       // @ts-expect-error a client id is a text
       connect({ clientId: 7 })
       tidings.subscribe('news'); stop(); tidings.close()`,
    );
    const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url));
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom'];
    const outcome = spawnSync(tsc, [...flags, join(folder, 'page.ts')], { encoding: 'utf8' });
    expect(outcome.stdout + outcome.stderr).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
