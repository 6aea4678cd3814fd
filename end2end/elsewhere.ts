// A page of another origin that uses /tidings.js, and a proxy that simulates network failures.
import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, type BrowserContext, type Page } from '@playwright/test';
import { otherOrigin } from './fixtures';

/** The page. It uses the module of the server at `url`, with the options from its URL fragment. With `renews`, the tokens come
 *  from `newToken`, which a test provides. */
const page = (url: string) => `<!DOCTYPE html><html lang="en"><title>Elsewhere</title>
  <p role="status"></p><p id="why"></p><ol></ol>
  <script type="module">
    import { connect } from '${url}/tidings.js'
    const options = JSON.parse(decodeURIComponent(location.hash.slice(1)))
    if (options.renews) options.token = () => globalThis.newToken()
    const tidings = globalThis.tidings = connect(options)
    const show = (text, id) => {
      const item = document.createElement('li')
      item.textContent = text
      item.id = id ?? ''
      document.querySelector('ol').append(item)
    }
    const states = globalThis.states = []
    tidings.on('state', ({ state, reason, detail }) => {
      states.push(state)
      document.querySelector('[role=status]').textContent = state
      document.querySelector('#why').textContent = [reason, detail].filter(Boolean).join(': ')
    })
    tidings.on('gap', ({ reason }) => show('gap: ' + reason))
    tidings.on('refused', ({ topic, code }) => show('refused: ' + topic + ' ' + code))
    tidings.on('recall', ({ id }) => document.getElementById(id)?.remove())
    tidings.on('message', ({ id, type, text, replayed }) =>
      show((type == 'message' ? '' : type + ': ') + text + (replayed ? ' (replayed)' : ''), id))
  </script>`;

export type Options = { clientId?: string; url?: string; topics?: string[]; shared?: boolean; token?: string; renews?: boolean; ack?: boolean };

/** An origin that serves the page. */
export class Elsewhere {
  private constructor(
    private readonly context: BrowserContext,
    private readonly origin: Awaited<ReturnType<typeof otherOrigin>>,
  ) {}

  /** `url` is the server that provides the module and the stream. */
  static async at(url: string, context: BrowserContext): Promise<Elsewhere> {
    return new Elsewhere(context, await otherOrigin({ '/': page(url) }));
  }

  /** Opens the page. */
  async load(options: Options): Promise<Reader> {
    const reader = new Reader(await this.context.newPage());
    await reader.page.goto(`http://127.0.0.1:${this.origin.port}/#${encodeURIComponent(JSON.stringify(options))}`);
    return reader;
  }

  /** Opens the page and waits until it is live. */
  async open(options: Options): Promise<Reader> {
    const reader = await this.load(options);
    await reader.is('live');
    return reader;
  }

  close(): void {
    this.origin.close();
  }
}

/** A tab with the page. */
export class Reader {
  constructor(readonly page: Page) {}

  async is(state: string): Promise<void> {
    await expect(this.page.getByRole('status')).toHaveText(state, { timeout: 30_000 });
  }

  /** The lines it shows, oldest first. */
  lines(): Promise<string[]> {
    return this.page.getByRole('listitem').allTextContents();
  }

  why() {
    return this.page.locator('#why');
  }

  /** Calls a method of the module. */
  async call(method: string, ...args: string[]): Promise<void> {
    await this.page.evaluate(
      ([method, args]) => (globalThis as any).tidings[method as string](...(args as string[])),
      [method, args] as const,
    );
  }
}

/** A proxy in front of a server. */
export class Proxy {
  /** The answer to streams. None: requests are forwarded. */
  refusal?: { status: number; body: string; type: string; retryAfter?: string };
  private readonly streams = new Set<ServerResponse>();
  private stalled = new WeakSet<ServerResponse>();

  private constructor(readonly url: string, readonly close: () => void) {}

  static async before(port: number): Promise<Proxy> {
    const http = createServer((incoming, answer) => {
      const { refusal } = proxy;
      const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Retry-After' };
      if (refusal && incoming.url?.startsWith('/sse')) {
        const after = refusal.retryAfter ? { 'Retry-After': refusal.retryAfter } : {};
        answer.writeHead(refusal.status, { 'Content-Type': refusal.type, ...cors, ...after });
        return answer.end(refusal.body);
      }
      const { method, url: path, headers } = incoming;
      const onward = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        answer.flushHeaders();
        proxy.streams.add(answer);
        response.on('data', (chunk) => { if (!proxy.stalled.has(answer)) answer.write(chunk); });
        response.on('end', () => { if (!proxy.stalled.has(answer)) answer.end(); });
        response.on('error', () => answer.destroy());
      });
      onward.on('error', () => answer.destroy());
      answer.on('close', () => { onward.destroy(); proxy.streams.delete(answer); });
      incoming.pipe(onward);
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const proxy: Proxy = new Proxy(url, () => { http.closeAllConnections(); http.close(); });
    return proxy;
  }

  /** Closes all open connections. */
  cut(): void {
    for (const stream of this.streams) stream.destroy();
  }

  /** Keeps all open connections, and forwards no more data. */
  stall(): void {
    for (const stream of this.streams) this.stalled.add(stream);
  }
}
