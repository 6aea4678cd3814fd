// A server for each test: the real binary on a free port, with a data folder that is deleted afterwards. Errors that a
// page reports fail the test.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';

const here = dirname(fileURLToPath(import.meta.url));
export const binary = resolve(here, process.env.TIDINGS_BIN ?? '../target/debug/tidings');

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const socket = createSocket().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  socket.close();
  await once(socket, 'close');
  return port;
}

/** A running server. */
export class Tidings {
  private process?: ChildProcess;
  private output = '';
  private readonly abort = new AbortController();
  private readonly streams: Response[] = [];

  private constructor(
    private listensOn: number,
    private readonly folder: string,
    private readonly flags: string[],
  ) {}

  /** Starts a server with these flags, on this port or one that the system chooses. */
  static async start(flags: string[] = [], port = 0): Promise<Tidings> {
    const folder = await mkdtemp(join(tmpdir(), 'tidings-'));
    const server = new Tidings(port, folder, flags);
    await server.start();
    return server;
  }

  get port(): number {
    return this.listensOn;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, and each time after the first on the same port and data folder. */
  async start(): Promise<void> {
    const place = ['--listen', `127.0.0.1:${this.port}`, '--data-dir', this.folder];
    const started = spawn(binary, ['serve', ...place, ...this.flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.output = '';
    const listen = (chunk: Buffer) => { this.output += chunk.toString(); };
    started.stdout.on('data', listen);
    started.stderr.on('data', listen);
    started.on('error', (error) => { this.output += String(error); });
    this.process = started;
    await expect
      .poll(() => this.isReady(), { message: `${binary} gets ready`, timeout: 20_000, intervals: [20] })
      .toBe(true);
  }

  private async isReady(): Promise<boolean> {
    if (this.process?.exitCode !== null) throw new Error(`the server has ended: ${this.output}`);
    // Its own word, because another server may answer where this one has failed to listen.
    const [, port] = /listening on \w+:\/\/[^/\s]*?:(\d+)/.exec(this.output) ?? [];
    if (!port) return false;
    this.listensOn = Number(port);
    try {
      return (await fetch(`${this.url}/health/ready`)).ok;
    } catch {
      return false;
    }
  }

  /** Kills it without a shutdown, like a power failure. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Deletes its data folder. Call it after `kill`. */
  async loseData(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Copies its data folder. Call it after `kill`. */
  async backUp(): Promise<void> {
    await cp(this.folder, `${this.folder}.backup`, { recursive: true });
  }

  /** Replaces its data folder by the copy. Call it after `kill`. */
  async restore(): Promise<void> {
    await this.loseData();
    await cp(`${this.folder}.backup`, this.folder, { recursive: true });
  }

  /** Stops the process: its connections stay open, and nothing is answered. */
  halt(): void {
    this.process?.kill('SIGSTOP');
  }

  /** Resumes the process after `halt`. */
  resume(): void {
    this.process?.kill('SIGCONT');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const process = this.process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, 'exit');
    process.kill(signal);
    await ended;
  }

  async dispose(): Promise<void> {
    this.abort.abort();
    await this.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
    await rm(`${this.folder}.backup`, { recursive: true, force: true });
  }

  /** Pushes as a program does. */
  async push(
    body: { to: unknown; data: unknown; event?: string; ttl?: number; delay?: number; replace?: string; urgency?: string; state?: boolean },
    token?: string,
  ): Promise<{ id: string; connections: number; queued: boolean }> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await fetch(`${this.url}/push`, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    expect(response.ok, `the push is taken: ${text}`).toBe(true);
    return JSON.parse(text);
  }

  /** Opens a stream as a program does, until the server ends. */
  async listen(client: string, ...topics: string[]): Promise<void> {
    const query = new URLSearchParams([['client_id', client], ...topics.map((topic) => ['topic', topic])]);
    const response = await fetch(`${this.url}/sse?${query}`, { signal: this.abort.signal });
    expect(response.ok, `${client} listens`).toBe(true);
    // Kept in a list: a response that is garbage-collected closes its connection.
    this.streams.push(response);
  }

  /** Closes the connections of a client. */
  async disconnect(client: string): Promise<void> {
    const response = await fetch(`${this.url}/api/clients/${client}`, { method: 'DELETE' });
    expect(response.ok, `${client} is disconnected`).toBe(true);
  }

  /** The message with its receipts. */
  async message(id: string): Promise<any> {
    return (await fetch(`${this.url}/api/messages/${id}`)).json();
  }

  /** Recalls a message. */
  async recall(id: string): Promise<void> {
    const response = await fetch(`${this.url}/api/messages/${id}`, { method: 'DELETE' });
    expect(response.ok, `${id} is recalled`).toBe(true);
  }
}

/** A tab on the subscriber page. */
export class Tab {
  constructor(readonly page: Page) {}

  /** Opens the page and waits until it is live. */
  static async open(context: BrowserContext, server: Tidings): Promise<Tab> {
    const tab = new Tab(await context.newPage());
    await tab.page.goto(server.url);
    await tab.isLive();
    return tab;
  }

  async isLive(): Promise<void> {
    await expect(this.state()).toHaveText('Live', { timeout: 30_000 });
  }

  /** The state of its stream. */
  state() {
    return this.page.getByRole('status');
  }

  async id(): Promise<string> {
    const id = this.page.getByRole('region', { name: 'Client id' }).getByRole('code');
    await expect(id).toHaveText(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    return (await id.textContent()) ?? '';
  }

  /** Its messages, newest first. */
  messages() {
    return this.page.getByRole('log', { name: 'Messages' }).getByRole('listitem');
  }

  /** The texts of its messages, oldest first. */
  async texts(): Promise<string[]> {
    const texts = await this.messages().locator('pre').allTextContents();
    return texts.reverse();
  }

  async subscribe(topic: string): Promise<void> {
    await this.page.getByLabel('Topic or pattern', { exact: true }).first().fill(topic);
    await this.page.getByRole('button', { name: 'Subscribe', exact: true }).click();
    await expect(this.page.getByRole('button', { name: `Unsubscribe from ${topic}` })).toBeVisible();
  }
}

/** Serves pages from another origin. */
export async function otherOrigin(pages: Record<string, string>): Promise<{ port: number; close(): void }> {
  const http: HttpServer = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    response.writeHead(page === undefined ? 404 : 200, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(page);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return { port, close: () => { http.closeAllConnections(); http.close(); } };
}

type Fixtures = {
  /** Flags of the server. */
  flags: string[];
  server: Tidings;
  /** Console errors that a test expects. */
  tolerated: RegExp;
  /** The errors of the pages during the test. */
  reports: { errors: string[]; ended: boolean };
  watchful: void;
};

export const test = base.extend<Fixtures>({
  flags: [[], { option: true }],
  // In some tests the server is down, and the browser reports each failed request.
  tolerated: [/Failed to load resource/, { option: true }],
  reports: async ({}, use) => use({ errors: [], ended: false }),
  server: async ({ flags, reports }, use) => {
    const server = await Tidings.start(flags);
    await use(server);
    // A page that is still loading fails without its server.
    reports.ended = true;
    await server.dispose();
  },
  // Panics, violations of the content security policy and hydration errors are logged to the console.
  watchful: [
    async ({ context, reports, tolerated }, use) => {
      const report = (text: string) => {
        if (!reports.ended) reports.errors.push(text);
      };
      context.on('weberror', (error) => report(String(error.error())));
      context.on('console', (message) => {
        const text = message.text();
        if (['error', 'warning'].includes(message.type()) && !tolerated.test(text)) report(text);
      });
      await use();
      expect(reports.errors, 'the pages report no error').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
