// A real cluster for a test: three nats-servers, three nodes, and a balancer, as the program `local-cluster` starts them.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from '@playwright/test';
import { binary } from './fixtures';

/** Ports of the balancer and of the first nats-server. Others follow, and are 2,000 and 4,000 above the latter. All are
 * below those that the system gives to connections. */
const ports = () => {
  const turn = Math.floor(Math.random() * 100) * 10;
  return { port: 11_000 + turn, nats: 13_000 + turn };
};

/** A node. */
export type Node = { name: string; url: string; pid: number };

/** A running cluster. */
export class Cluster {
  private output = '';
  private readonly again: ChildProcess[] = [];
  nodes: Node[] = [];
  /** The balancer. */
  url = '';

  private constructor(private readonly process: ChildProcess, private readonly folder: string) {
    const listen = (chunk: Buffer) => { this.output += chunk.toString(); };
    process.stdout?.on('data', listen);
    process.stderr?.on('data', listen);
    process.on('error', (error) => { this.output += String(error); });
  }

  /** Starts a cluster. The flags are for the nodes. */
  static async start(...flags: string[]): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), 'tidings-cluster-'));
    const { port, nats } = ports();
    const options = ['--debug', '--folder', join(folder, 'cluster'), '--port', `${port}`, '--nats-port', `${nats}`];
    const program = join(dirname(binary), 'local-cluster');
    const started = spawn(program, [...options, '--', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    const cluster = new Cluster(started, folder);
    await expect.poll(() => cluster.isDescribed(), { message: 'the cluster starts', timeout: 60_000 }).toBe(true);
    cluster.url = cluster.found(/^balancer +(\S+?)\/$/gm)[0][1];
    cluster.nodes = cluster
      .found(/^(node-\d) +(\S+?)\/admin +pid (\d+)$/gm)
      .map(([, name, url, pid]) => ({ name, url, pid: Number(pid) }));
    for (const node of cluster.nodes) await cluster.isReady(node);
    return cluster;
  }

  private isDescribed(): boolean {
    if (this.process.exitCode !== null) throw new Error(`local-cluster has ended: ${this.output}`);
    return this.output.includes('Ctrl-C stops everything');
  }

  private found(pattern: RegExp): RegExpMatchArray[] {
    return [...this.output.matchAll(pattern)];
  }

  /** Waits until a node takes new connections. */
  async isReady(node: Node): Promise<void> {
    const ready = () => fetch(`${node.url}/health/ready`).then((answer) => answer.ok, () => false);
    await expect.poll(ready, { message: `${node.name} gets ready`, timeout: 60_000 }).toBe(true);
  }

  node(name: string): Node {
    const found = this.nodes.find((node) => node.name === name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  }

  /** A node that is not one of these. */
  other(...names: string[]): Node {
    return this.nodes.filter((node) => !names.includes(node.name))[0];
  }

  /** Kills a node without a shutdown. */
  async kill(node: Node): Promise<void> {
    process.kill(node.pid, 'SIGKILL');
    const answers = () => fetch(`${node.url}/health/live`).then(() => true, () => false);
    await expect.poll(answers, { message: `${node.name} ends` }).toBe(false);
  }

  /** Starts a node that was killed, with the command that `local-cluster` tells. */
  async startAgain(node: Node): Promise<void> {
    const command = new RegExp(`^${node.name} has ended.*\\n +(.+)$`, 'gm');
    await expect.poll(() => this.found(command).length, { message: 'the command is told' }).toBeGreaterThan(0);
    const child = spawn('sh', ['-c', `exec ${this.found(command)[0][1]}`], { stdio: 'ignore' });
    this.again.push(child);
    node.pid = child.pid ?? 0;
    await this.isReady(node);
  }

  /** Pushes as a program does, at this node. */
  async push(node: Node, to: unknown, data: string): Promise<any> {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ to, data });
    const response = await fetch(`${node.url}/push`, { method: 'POST', headers, body });
    const text = await response.text();
    expect(response.ok, `the push is taken: ${text}`).toBe(true);
    return JSON.parse(text);
  }

  /** The names of the nodes that a client is connected to, as this node knows. */
  async nodesOf(client: string, asked: Node = this.nodes[0]): Promise<string[]> {
    const answer = await fetch(`${asked.url}/api/clients/${client}`);
    if (!answer.ok) return [];
    const { connections } = (await answer.json()) as { connections: { node: string }[] };
    return connections.map((connection) => connection.node);
  }

  /** The end of the diagnostics of a node. */
  async log(node: Node): Promise<string> {
    const text = await readFile(join(this.folder, 'cluster', node.name, 'log'), 'utf8');
    return text.slice(-4_000);
  }

  async dispose(): Promise<void> {
    for (const child of this.again) child.kill('SIGKILL');
    if (this.process.exitCode === null) {
      const ended = once(this.process, 'exit');
      // All its processes end with it.
      this.process.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
