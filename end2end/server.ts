import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The binary under test: the release, or what TIDINGS_BIN names. */
const binary = process.env.TIDINGS_BIN ?? join(here, '../target/release/tidings');

/** A Tidings of its own: a free port of the loopback, and a data folder that goes with it. */
export class Server {
  private process?: ChildProcess;
  private said = '';
  private readonly data = mkdtempSync(join(tmpdir(), 'tidings-'));

  private constructor(
    readonly port: number,
    private readonly flags: string[],
  ) {}

  /** Starts one and waits until it is ready. */
  static async start(...flags: string[]): Promise<Server> {
    const server = new Server(await freePort(), flags);
    await server.up();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the process, again after `down`: the same port, the same data. */
  async up(): Promise<void> {
    const listen = ['--listen', `127.0.0.1:${this.port}`, '--data-dir', this.data];
    const child = spawn(binary, ['serve', ...listen, ...this.flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes) => (this.said += bytes));
    }
    let failure = '';
    child.on('error', (error) => (failure = error.message));
    while (!(await this.isReady())) {
      if (failure || child.exitCode !== null) {
        throw new Error(`${binary} does not start: ${failure}\n${this.said}`);
      }
      await pause(20);
    }
  }

  /** Ends the process and waits for its end: SIGTERM lets it take its leave, SIGKILL does not. */
  async down(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Ends the process, and its data with it. */
  async stop(): Promise<void> {
    await this.down();
    rmSync(this.data, { recursive: true, force: true });
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/health/ready`)).ok;
    } catch {
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
