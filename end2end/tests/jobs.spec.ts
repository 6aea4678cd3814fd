// The pages of jobs: the list for admins, and the page of one job for everyone who has its address.
import type { Page } from '@playwright/test';
import { changesOf, countChanges, resetChanges } from '../changes';
import { expect, test, type Tidings } from '../fixtures';
import { devices, fitsItsWidth, screenshot, isAccessible } from '../looks';

const token = 'an-admin-token-that-is-long-enough';

type Job = { id: string; title: string; state: string; log: { last: number } };

/** Simulates a worker. */
class Worker {
  private constructor(readonly server: Tidings, readonly job: Job, private readonly headers: Record<string, string>) {}

  static async begin(server: Tidings, job: object, token?: string): Promise<Worker> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    const begun = await fetch(`${server.url}/api/jobs`, { method: 'POST', headers, body: JSON.stringify(job) });
    expect(begun.status, 'it begins').toBe(201);
    return new Worker(server, await begun.json(), headers);
  }

  async report(report: object): Promise<any> {
    const url = `${this.server.url}/api/jobs/${this.job.id}`;
    const taken = await fetch(url, { method: 'PATCH', headers: this.headers, body: JSON.stringify(report) });
    expect(taken.ok, JSON.stringify(report)).toBe(true);
    return taken.json();
  }

  async say(from: number, to: number): Promise<void> {
    const lines = Array.from({ length: to - from + 1 }, (_, n) => `line ${from + n}`);
    for (let at = 0; at < lines.length; at += 1000) {
      await this.report({ message: lines.slice(at, at + 1000).join('\n') });
    }
  }

  get page(): string {
    return `${this.server.url}/jobs/${this.job.id}`;
  }
}

const bar = (page: Page) => page.getByRole('progressbar', { name: 'Progress' });
const log = (page: Page) => page.getByRole('log', { name: 'Log' });
const isLive = (page: Page) => expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 30_000 });
const distanceFromEnd = (page: Page) =>
  log(page).evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);

test('the page shows a job from its first step to its end', { tag: '@phone' }, async ({ page, server }) => {
  const worker = await Worker.begin(server, { title: 'Import of orders', steps: 200 });
  await page.goto(worker.page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Import of orders');
  await expect(page).toHaveTitle(/^Import of orders/);
  await isLive(page);
  await expect(page.getByText('No output yet.')).toBeVisible();
  await worker.report({ step: 50, message: 'orders.csv: 50 rows' });
  await expect(bar(page)).toHaveAttribute('value', '50');
  await expect(bar(page)).toHaveAttribute('max', '200');
  await expect(page.getByText('50 of 200')).toBeVisible();
  await expect(log(page)).toHaveText('orders.csv: 50 rows\n');
  await worker.report({ step: 120, state: 'failed', message: 'row 121: no such product' });
  await expect(page.getByText('failed', { exact: true })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'row 121: no such product' })).toBeVisible();
  await expect(log(page)).toContainText('row 121');
  await expect(page.getByText('Live', { exact: true })).toBeHidden();
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeHidden();

  await page.reload();
  await expect(page.getByText('failed', { exact: true })).toBeVisible();
  await expect(log(page)).toHaveText('orders.csv: 50 rows\nrow 121: no such product\n');
});

test('a running job shows its speed and the remaining time', async ({ page, server }) => {
  const worker = await Worker.begin(server, { title: 'Steady', steps: 1000 });
  await page.goto(worker.page);
  await isLive(page);
  let step = 0;
  await expect(async () => {
    await worker.report({ step: ++step });
    await expect(page.getByText(/[\d.]+ per (second|minute) · about .* left/)).toBeVisible({ timeout: 100 });
  }).toPass();
  await expect(page.getByText(/^running for/)).toBeVisible();
  await worker.report({ step: 1000, state: 'done' });
  await expect(page.getByText(/^took/)).toBeVisible();
  await expect(page.getByText(/about .* left/)).toBeHidden();
});

test('the log scrolls to new lines unless the reader has scrolled up', { tag: '@phone' }, async ({ page, server }) => {
  const worker = await Worker.begin(server, { title: 'Talkative' });
  await worker.say(1, 500);
  await page.goto(worker.page);
  await expect(log(page)).toContainText('line 500');
  await expect(log(page)).not.toContainText('line 300\n');
  await expect.poll(() => distanceFromEnd(page)).toBeLessThanOrEqual(8);
  await worker.say(501, 510);
  await expect(log(page)).toContainText('line 510');
  await expect.poll(() => distanceFromEnd(page)).toBeLessThanOrEqual(8);

  await log(page).evaluate((e) => { e.scrollTop = 100; });
  await expect(page.getByRole('button', { name: 'Jump to the end' })).toBeVisible();
  await worker.say(511, 520);
  await expect(log(page)).toContainText('line 520');
  expect(await log(page).evaluate((e) => e.scrollTop), 'what is being read stays').toBe(100);

  await page.getByRole('button', { name: 'Older lines' }).click();
  await expect(log(page)).toContainText('line 102\n');
  await expect.poll(() => log(page).evaluate((e) => e.scrollTop), { message: 'it stays when lines come above it' })
    .toBeGreaterThan(1000);
  await page.getByRole('button', { name: 'Older lines' }).click();
  await expect(log(page)).toContainText('line 1\nline 2\n');
  await expect(page.getByRole('button', { name: 'Older lines' })).toBeHidden();

  await page.getByRole('button', { name: 'Jump to the end' }).click();
  await expect.poll(() => distanceFromEnd(page)).toBeLessThanOrEqual(8);
  await worker.say(521, 530);
  await expect(log(page)).toContainText('line 530');
  await expect.poll(() => distanceFromEnd(page)).toBeLessThanOrEqual(8);
});

test('a log of many lines does not block the page', async ({ page, server }) => {
  await countChanges(page);
  const worker = await Worker.begin(server, { title: 'Very talkative' });
  await worker.say(1, 1000);
  await page.goto(worker.page);
  await isLive(page);
  await resetChanges(page);
  await worker.say(1001, 20_000);
  await expect(log(page)).toContainText('line 20000', { timeout: 30_000 });
  expect((await changesOf(page)).mostNodes, 'nodes that one task changes').toBeLessThan(100);
  const lines = await log(page).evaluate((e) => (e.textContent ?? '').split('\n').length);
  expect(lines).toBeLessThanOrEqual(1001);
});

test('the page continues after a restart of the server', async ({ page, server }) => {
  const worker = await Worker.begin(server, { title: 'Long', steps: 10 });
  await worker.report({ step: 1, message: 'before' });
  await page.goto(worker.page);
  await isLive(page);
  await server.kill();
  await expect(page.getByText('Reconnecting')).toBeVisible();
  await expect(page.getByText('The server does not answer.')).toBeVisible();
  await server.start();
  await worker.report({ step: 2, message: 'after' });
  await isLive(page);
  await expect(log(page)).toHaveText('before\nafter\n');
  await expect(page.getByText('2 of 10')).toBeVisible();
});

test('an admin cancels a job after a confirmation', { tag: '@phone' }, async ({ page, server }) => {
  const worker = await Worker.begin(server, { title: 'Too long' });
  await page.goto(worker.page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Really cancel?' }).click();
  await expect(page.getByText('Cancellation was requested. The job has not stopped yet.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'cancel' })).toBeHidden();
  expect((await worker.report({})).cancel_requested).toBe(true);
  await worker.report({ state: 'cancelled' });
  await expect(page.getByText('cancelled', { exact: true })).toBeVisible();
  await expect(page.getByText('Cancellation was requested. The job has not stopped yet.')).toBeHidden();
});

test('a job whose worker timed out says so', async ({ page, server }) => {
  const worker = await Worker.begin(server, { title: 'Silent', timeout: 1 });
  await page.goto(worker.page);
  await expect(page.getByText('The worker sent no report for more than 1 s.')).toBeVisible();
});

test('the address of an unknown job shows an error', async ({ page, server }) => {
  await page.goto(`${server.url}/jobs/9b2d8e0c-6f0d-4a43-8f83-8f2f6a3d3a55`);
  await expect(page.getByRole('heading', { name: 'There is no such job' })).toBeVisible();
});

test('the list shows jobs as they start, progress and end', { tag: '@phone' }, async ({ page, server }) => {
  await page.goto(`${server.url}/jobs`);
  await isLive(page);
  await expect(page.getByText('There are no jobs yet')).toBeVisible();
  const one = await Worker.begin(server, { title: 'First', steps: 4 });
  const two = await Worker.begin(server, { title: 'Second' });
  const rows = page.getByRole('listitem');
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText('Second');
  await one.report({ step: 3, message: 'nearly' });
  await expect(rows.nth(1)).toContainText('3 of 4');
  await expect(rows.nth(1)).toContainText('nearly');
  await two.report({ state: 'done' });
  await expect(rows.nth(0)).toContainText('done');

  const states = page.getByRole('navigation', { name: 'State' });
  await expect(states.getByRole('link', { name: 'running' })).toHaveText('running 1');
  await states.getByRole('link', { name: 'running' }).click();
  await expect(page).toHaveURL(`${server.url}/jobs?state=running`);
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('First');
  await one.report({ state: 'done' });
  await expect(rows).toHaveCount(0);
  await expect(page.getByText('No job matches.')).toBeVisible();
  await states.getByRole('link', { name: 'All' }).click();
  await expect(rows).toHaveCount(2);
  await page.getByRole('link', { name: 'First' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('First');
  await expect(page.getByText('done', { exact: true })).toBeVisible();
  await page.goBack();
  await expect(rows).toHaveCount(2);
});

test('older jobs are loaded on request', async ({ page, server }) => {
  for (let n = 1; n <= 55; n++) await Worker.begin(server, { title: `Job ${n}` });
  await page.goto(`${server.url}/jobs`);
  await expect(page.getByRole('listitem')).toHaveCount(50);
  await page.getByRole('button', { name: 'Older jobs' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(55);
  await expect(page.getByRole('listitem').last()).toContainText('Job 1');
  await expect(page.getByRole('button', { name: 'Older jobs' })).toBeHidden();
});

test('a state of the URL is the one that is shown', async ({ page, server }) => {
  const worker = await Worker.begin(server, { title: 'Broken' });
  await worker.report({ state: 'failed' });
  await Worker.begin(server, { title: 'Fine' });
  await page.goto(`${server.url}/jobs?state=failed`);
  await expect(page.getByRole('listitem')).toHaveCount(1);
  await expect(page.getByRole('listitem')).toContainText('Broken');
  await expect(page.getByRole('navigation', { name: 'State' }).getByRole('link', { name: 'failed' })).toHaveAttribute('aria-current', 'page');
  await page.getByRole('navigation', { name: 'State' }).getByRole('link', { name: 'All' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(2);
  await page.goBack();
  await expect(page.getByRole('listitem')).toHaveCount(1);
});

test('ended jobs are cleared after a question', { tag: '@phone' }, async ({ page, server }) => {
  for (const state of ['done', 'failed', 'cancelled']) {
    const worker = await Worker.begin(server, { title: `It is ${state}` });
    await worker.report({ state });
  }
  await Worker.begin(server, { title: 'It goes on' });
  await page.goto(`${server.url}/jobs?state=failed`);
  const rows = page.getByRole('listitem');
  await expect(rows).toHaveCount(1);
  const clear = page.getByRole('button', { name: 'Clear ended jobs' });
  await clear.click();
  const question = page.getByRole('alertdialog', { name: 'Clear ended jobs' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(rows).toHaveCount(1);
  await clear.click();
  await question.getByRole('button', { name: 'Clear ended jobs' }).click();
  await expect(page.getByText('1 job was removed.')).toBeVisible();
  await expect(rows).toHaveCount(0);
  await expect(clear).toBeHidden();
  const states = page.getByRole('navigation', { name: 'State' });
  await states.getByRole('link', { name: 'All' }).click();
  await expect(rows).toHaveCount(3);
  await clear.click();
  await question.getByRole('button', { name: 'Clear ended jobs' }).click();
  await expect(page.getByText('2 jobs were removed.')).toBeVisible();
  await expect(rows).toHaveText([/It goes on/]);
});

test('jobs that another panel clears disappear at once', async ({ context, page, server }) => {
  for (const title of ['One', 'Two']) {
    const worker = await Worker.begin(server, { title });
    await worker.report({ state: 'done' });
  }
  await Worker.begin(server, { title: 'It goes on' });
  const other = await context.newPage();
  for (const panel of [page, other]) {
    await panel.goto(`${server.url}/jobs`);
    await isLive(panel);
    await expect(panel.getByRole('listitem')).toHaveCount(3);
  }
  await page.getByRole('button', { name: 'Clear ended jobs' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Clear ended jobs' }).click();
  await expect(other.getByRole('listitem')).toHaveText([/It goes on/]);
  const states = other.getByRole('navigation', { name: 'State' });
  await expect(states.getByRole('link', { name: 'done' })).toHaveText(/0$/);
  await expect(other.getByRole('button', { name: 'Clear ended jobs' })).toBeHidden();
});

test('charts show how many jobs ended, and how long they took', async ({ page, server }) => {
  await page.goto(`${server.url}/jobs`);
  await isLive(page);
  const ended = page.getByRole('slider', { name: 'Ended per minute' });
  await expect(ended).toBeHidden();
  for (const state of ['done', 'done', 'failed']) {
    const worker = await Worker.begin(server, { title: 'A job' });
    await worker.report({ state });
  }
  await expect(ended).toHaveAttribute('aria-valuetext', /ended \d+ {2}failed \d+/);
  await expect(page.getByRole('slider', { name: 'Durations' })).toBeVisible();
  const row = (state: string) => page.getByRole('row', { name: new RegExp(`^${state}`) }).getByRole('cell').first();
  await expect(row('done')).toHaveText('2');
  await expect(row('failed')).toHaveText('1');
});

test('a failed job is tried again by its push', { tag: '@phone' }, async ({ page, server }) => {
  const retry = { to: { client: 'worker' }, data: 'again' };
  const worker = await Worker.begin(server, { title: 'Import', retry });
  await page.goto(worker.page);
  await isLive(page);
  const button = page.getByRole('button', { name: 'Retry' });
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await expect(button).toBeHidden();
  await worker.report({ state: 'failed' });
  await button.click();
  await expect(page.getByText('The push that begins it again was sent.')).toBeVisible();
  const messages = await (await fetch(`${server.url}/api/messages`)).json();
  expect(messages.messages.map((message: any) => message.data)).toEqual(['again']);
});

test('the job of a tracked push shows its receipts', async ({ page, server }) => {
  const push = { to: { clients: ['ada', 'bob'] }, data: 'hello', track: true };
  const { id, job } = (await server.push(push as any)) as any;
  await page.goto(`${server.url}/jobs/${job}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Push to 2 clients');
  const number = (name: string) => page.locator('.delivery div').filter({ hasText: name }).getByRole('definition');
  await expect(number('planned')).toHaveText('2');
  await expect(number('waiting')).toHaveText('2');
  const ack = (client_id: string) => fetch(`${server.url}/ack`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ client_id, id }),
  });
  await ack('ada');
  await expect(number('acknowledged')).toHaveText('1');
  await expect(bar(page)).toHaveAttribute('value', '1');
  await ack('bob');
  await expect(page.getByText('done', { exact: true })).toBeVisible();
  await expect(number('waiting')).toHaveText('0');
});

test.describe('with an admin token', () => {
  test.use({ flags: ['--admin-token', token, '--stream-secret', 'a-stream-secret-that-is-long-enough-0123'] });

  test('a visitor with only the address can view the job and change nothing', async ({ page, server }) => {
    const worker = await Worker.begin(server, { title: 'Shared', steps: 2 }, token);
    await page.goto(worker.page);
    await isLive(page);
    await worker.report({ step: 1, message: 'half' });
    await expect(page.getByText('1 of 2')).toBeVisible();
    await expect(log(page)).toHaveText('half\n');
    await expect(page.getByRole('button', { name: 'Cancel' })).toBeHidden();
    await worker.report({ state: 'failed', retry: { to: 'everyone', data: 'again' } });
    await expect(page.getByText('failed', { exact: true })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Retry' })).toBeHidden();
    await page.goto(`${server.url}/jobs`);
    await expect(page.getByText('Only admins can list jobs.')).toBeVisible();
    await expect(page.getByText('Shared')).toBeHidden();
  });

  test('an admin signs in and sees the list', async ({ page, server }) => {
    await Worker.begin(server, { title: 'Mine' }, token);
    await page.goto(`${server.url}/jobs`);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Admin token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await isLive(page);
    await page.getByRole('link', { name: 'Jobs' }).click();
    await expect(page.getByRole('listitem')).toContainText('Mine');
  });
});

async function isFit(page: Page): Promise<void> {
  await isAccessible(page);
  await fitsItsWidth(page);
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of devices) {
    test(`the pages of jobs fit and are accessible: ${colorScheme}, ${device}`, async ({ browser, server }) => {
      const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce' });
      const page = await context.newPage();
      const keep = (name: string) => screenshot(page, `${name}-${colorScheme}-${device}`);
      await page.goto(`${server.url}/jobs`);
      await expect(page.getByText('There are no jobs yet')).toBeVisible();
      await isFit(page);
      await keep('jobs-empty');
      const running = await Worker.begin(server, { title: 'Nightly import of orders from the warehouse', steps: 200 });
      await Worker.begin(server, { title: 'Nobody knows how long' });
      const failed = await Worker.begin(server, { title: `A long name: ${'unbreakable'.repeat(10)}`, steps: 8 });
      await failed.report({ step: 3, state: 'failed', message: 'exit code 3' });
      const done = await Worker.begin(server, { title: 'Release', steps: 100 });
      await done.report({ step: 100, state: 'done', message: 'uploaded' });
      await server.push({ to: { clients: ['ada', 'bob'] }, data: 'hello', track: true } as any);
      await running.report({ step: 40, message: 'reading orders.csv' });
      await running.say(1, 60);
      await running.report({ step: 80, message: `a long line: ${'unbreakable'.repeat(20)}` });
      await expect(page.getByRole('listitem')).toHaveCount(5);
      await expect(page.getByRole('listitem').last()).toContainText('80 of 200');
      await isFit(page);
      await keep('jobs');
      for (const [name, worker] of Object.entries({ running, failed, done })) {
        await page.goto(worker.page);
        await expect(log(page)).toContainText(/unbreakable|exit code 3|uploaded/);
        await isFit(page);
        await keep(`job-${name}`);
      }
      await page.goto(running.page);
      await page.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN');
      await expect(page.getByText('进行中')).toBeVisible();
      await keep('job-chinese');
      await context.close();
    });
  }
}
