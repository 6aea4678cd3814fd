// Takes the screenshots for the README: the subscriber page and the admin panel of a real server with connected clients.
// `make pictures` runs it. A font with Chinese characters must be installed (`scripts/setup fonts`).
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withServer } from './server.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const pictures = resolve(here, '../docs/pictures');
const viewport = { width: 1280, height: 800 };

/** The clients that are connected, each with its topics. */
const clients = [
  ['checkout:7', ['orders/*']],
  ['anna@example.org', ['news', 'orders/42']],
  ['anna@example.org', ['news']],
  ['warehouse-display', ['orders/**', 'stock/**']],
  ['0b6f1c1e-9a34-4f0a-8d5b-6f2f3f1f7c52', []],
  ['7d0e4c8a-52c6-4b0e-9f58-1f6f0c9b2a11', ['news']],
];

async function subscriberPicture(context, url, push) {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByLabel('Topic or pattern', { exact: true }).first().fill('orders/42');
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  const client = await page.getByRole('region', { name: 'Client id' }).getByRole('code').textContent();
  await page.getByRole('button', { name: 'Unsubscribe from orders/42' }).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await push({ to: { client }, data: 'Good morning. Your parcel leaves the warehouse today.' });
  await push({ to: 'everyone', data: 'We have a new look. Reload when it suits you.' });
  const paid = { order: 42, total: 99.5, lines: [{ sku: 'tea-17', n: 2 }] };
  await push({ to: { topic: 'orders/42' }, event: 'order.paid', data: paid });
  await page.getByText('"tea-17"').waitFor();
  await page.screenshot({ path: join(pictures, 'subscriber.png') });
}

async function adminPicture(context, url) {
  const page = await context.newPage();
  await page.goto(`${url}/admin/push?client=anna@example.org`);
  await page.getByRole('radio', { name: 'JSON' }).check();
  await page.getByLabel('Event type').fill('order.sent');
  await page.getByLabel('Data').fill('{\n  "order": 42,\n  "carrier": "Hermes"\n}');
  await page.getByText('Reaches 1 client on 2 connections now.').waitFor();
  await page.getByRole('button', { name: 'Push', exact: true }).click();
  await page.getByText('Sent to 2 connections.').first().waitFor();
  await page.getByText('1 waiting').or(page.getByText('1 sent')).first().waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(pictures, 'admin.png') });
}

await withServer([], async ({ url, browser, push, listen }) => {
  for (const [id, topics] of clients) await listen(id, topics);
  const context = await browser.newContext({ viewport, deviceScaleFactor: 2, colorScheme: 'light', locale: 'en-GB', reducedMotion: 'reduce' });
  await mkdir(pictures, { recursive: true });
  await subscriberPicture(context, url, push);
  await adminPicture(context, url);
  console.log(`wrote ${join(pictures, 'subscriber.png')} and admin.png`);
});
