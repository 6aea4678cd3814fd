import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { Server } from '../server';

const folder = fileURLToPath(new URL('../../docs/pictures', import.meta.url));

test.use({ viewport: { width: 1200, height: 800 }, colorScheme: 'light' });

/** Who is connected, as the API lists them. */
async function clients(server: Server): Promise<string[]> {
  const { clients } = await (await fetch(`${server.url}/api/clients`)).json();
  return clients.map((client: { client_id: string }) => client.client_id);
}

async function push(server: Server, body: object): Promise<void> {
  const response = await fetch(`${server.url}/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

test('the two pages with something on them', async ({ context }) => {
  const server = await Server.start();
  try {
    const page = await context.newPage();
    await page.goto(server.url);
    await expect.poll(() => clients(server)).toHaveLength(1);
    const [id] = await clients(server);
    const other = await context.newPage();
    await other.goto(server.url);
    const admin = await context.newPage();
    await admin.goto(`${server.url}/admin`);
    await expect.poll(async () => (await clients(server)).length).toBeGreaterThanOrEqual(2);

    await push(server, { to: 'everyone', data: 'The kitchen closes at ten tonight.' });
    await push(server, { to: { client: id }, event: 'order.paid', data: { order: 42, total: '18.50', currency: 'EUR' } });
    await push(server, { to: { client: id }, data: 'Your table is ready.' });
    await expect(page.getByText('Your table is ready.')).toBeVisible();
    await expect(admin.getByText(id).first()).toBeVisible();

    await page.bringToFront();
    await page.screenshot({ path: join(folder, 'subscriber.png') });
    await admin.bringToFront();
    await admin.screenshot({ path: join(folder, 'admin.png') });
  } finally {
    await server.stop();
  }
});
