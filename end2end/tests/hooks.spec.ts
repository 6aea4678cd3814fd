// *Webhooks* in the panel: a back end is told what happens, and the panel shows what became of it.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { devices, look } from '../looks';
import { goTo, signIn } from '../panel';

const token = 'a-long-admin-token-of-the-tests';
test.use({ flags: ['--admin-token', token, '--hook-allow-private=true'] });

interface Received {
  headers: IncomingMessage['headers'];
  body: string;
}

/** A back end: it keeps what it gets, and answers with `status`. */
class BackEnd {
  status = 204;
  readonly received: Received[] = [];
  private constructor(private readonly server: Server) {}

  static async start(): Promise<BackEnd> {
    const server = createServer();
    const backEnd = new BackEnd(server);
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        backEnd.received.push({ headers: request.headers, body });
        response.writeHead(backEnd.status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return backEnd;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const hooks = (page: Page) => page.getByRole('list', { name: 'Webhooks' }).locator('> li');

/** Fills the form and returns the secret. */
async function create(page: Page, url: string, clients = ''): Promise<string> {
  const form = page.getByRole('region', { name: 'New webhook' });
  await form.getByLabel('URL').fill(url);
  await form.getByLabel('Clients').fill(clients);
  await form.getByRole('button', { name: 'Create webhook' }).click();
  const once = page.getByRole('alert').filter({ hasText: 'Copy the secret of' });
  await expect(once.locator('pre')).toHaveText(/^whsec_/);
  const secret = (await once.locator('pre').textContent()) ?? '';
  await once.getByRole('button', { name: 'Done' }).click();
  await expect(once).toHaveCount(0);
  return secret;
}

/** How many deliveries the server knows of the webhook with this URL. */
async function delivered(url: string, to: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  const { hooks } = await (await fetch(`${url}/api/hooks`, { headers })).json();
  const answer = await fetch(`${url}/api/hooks/${hooks.find((hook: { url: string }) => hook.url === to).id}/deliveries`, { headers });
  return (await answer.json()).deliveries.length;
}

test('a webhook is made, tried, paused, and deleted, and its deliveries are shown', async ({ page, context, server }) => {
  const backEnd = await BackEnd.start();
  try {
    await signIn(page, server, token);
    await goTo(page, 'Webhooks');
    await expect(page.getByText('No webhooks yet.')).toBeVisible();
    const secret = await create(page, backEnd.url, 'shop:*');
    const hook = hooks(page).filter({ hasText: backEnd.url });
    await expect(hook).toContainText('client.online, client.offline');
    await expect(hook).toContainText('shop:*');
    await expect(hook).toContainText('active');

    await hook.getByRole('button', { name: 'Send test event' }).click();
    await expect(page.getByText(/Taken: status 204/)).toBeVisible();
    const tried = backEnd.received[0];
    expect(JSON.parse(tried.body).type).toBe('hook.test');
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signed = `${tried.headers['webhook-id']}.${tried.headers['webhook-timestamp']}.${tried.body}`;
    const signature = createHmac('sha256', key).update(signed).digest('base64');
    expect(tried.headers['webhook-signature']).toBe(`v1,${signature}`);

    const visitor = await context.newPage();
    await visitor.goto(`${server.url}/?client_id=shop:7`);
    await visitor.evaluate((url) => new EventSource(`${url}/sse?client_id=shop:7`), server.url);
    await expect.poll(() => backEnd.received.length).toBe(2);
    await expect.poll(() => delivered(server.url, backEnd.url)).toBe(1);
    await hook.getByRole('button', { name: 'Deliveries' }).click();
    const deliveries = hook.getByRole('list', { name: 'Deliveries' }).locator('> li');
    await expect(deliveries).toHaveCount(1);
    await expect(deliveries).toContainText('client.online');
    await expect(deliveries).toContainText('shop:7');
    backEnd.status = 500;
    await deliveries.getByRole('button', { name: 'Send again' }).click();
    await expect(page.getByText('Not taken: the endpoint answered 500.')).toBeVisible();
    await expect(deliveries).toContainText('2 attempts');
    backEnd.status = 204;

    await hook.getByRole('button', { name: 'Pause' }).click();
    await expect(hook).toContainText('paused');
    await hook.getByRole('button', { name: 'Resume' }).click();
    await expect(hook).toContainText('active');

    await hook.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('alertdialog', { name: 'Delete' }).getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByText('is deleted.')).toBeVisible();
    await expect(hooks(page)).toHaveCount(0);
  } finally {
    backEnd.stop();
  }
});

test('an error is shown at its field', async ({ page, server }) => {
  await signIn(page, server, token);
  await goTo(page, 'Webhooks');
  const form = page.getByRole('region', { name: 'New webhook' });
  await form.getByLabel('URL').fill('nowhere');
  await form.getByRole('button', { name: 'Create webhook' }).click();
  await expect(form.getByLabel('URL')).toHaveAttribute('aria-invalid', 'true');
  await expect(form.locator('#hook-url-note')).not.toBeEmpty();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('the page of webhooks fits and is accessible', async ({ page, context, server }) => {
      const backEnd = await BackEnd.start();
      try {
        await signIn(page, server, token);
        await goTo(page, 'Webhooks');
        await create(page, backEnd.url);
        await create(page, 'http://127.0.0.1:9/a-path-that-is-very-long/of-several-segments-and-no-end', 'shop:* bank:*');
        const visitor = await context.newPage();
        await visitor.goto(`${server.url}/`);
        await expect.poll(() => backEnd.received.length).toBeGreaterThan(0);
        await expect.poll(() => delivered(server.url, backEnd.url)).toBe(1);
        const hook = hooks(page).filter({ hasText: backEnd.url });
        await hook.getByRole('button', { name: 'Deliveries' }).click();
        await hook.getByRole('button', { name: 'Rotate secret' }).click();
        for (const [device, size] of devices) {
          await page.setViewportSize(size);
          await look(page, `hooks-${colorScheme}-${device}`);
        }
      } finally {
        backEnd.stop();
      }
    });
  });
}
