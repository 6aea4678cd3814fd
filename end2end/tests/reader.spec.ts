// The API reference at /docs/api: a page of the book that shows /openapi.json and sends requests to try it.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { devices, look } from '../looks';

const token = 'an-admin-token-that-is-long-enough';

/** Opens an operation. */
async function operation(page: Page, id: string): Promise<Locator> {
  const found = page.locator(`#${id}`);
  await found.locator('> summary').click();
  return found;
}

test('it has the frame of the book, and every operation', { tag: '@phone' }, async ({ page, server }) => {
  await page.goto(`${server.url}/docs/api`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('API reference');
  const nav = page.getByRole('navigation', { name: 'Pages', exact: true });
  await expect(nav.getByRole('link', { name: 'API' })).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('navigation', { name: 'Contents' }).getByRole('link', { name: 'Concepts' })).toHaveCount(1);
  const api = await (await fetch(`${server.url}/openapi.json`)).json();
  const operations = Object.values(api.paths).flatMap((item: any) => Object.values(item).filter((one: any) => one.operationId));
  await expect(page.locator('.operation')).toHaveCount(operations.length);
  await page.getByRole('searchbox', { name: 'Find an operation' }).fill('post job');
  await expect(page.locator('.operation:visible')).toHaveCount(2);
  await page.getByRole('main').getByRole('link', { name: 'error codes' }).click();
  await expect(page).toHaveURL(`${server.url}/docs/reference/errors`);
});

test('an operation says what it takes and answers', async ({ page, server }) => {
  await page.goto(`${server.url}/docs/api#post_push`);
  const push = page.locator('#post_push');
  await expect(push.getByText('One client, on all its connections.')).toHaveCount(1);
  await expect(push.getByRole('group', { name: 'Fields' }).first()).toContainText('idempotency_key');
  await expect(push.getByRole('group', { name: 'Answers' })).toContainText('422');
});

test('a request is sent, and its answer is shown', async ({ page, server }) => {
  await page.goto(`${server.url}/docs/api`);
  const push = await operation(page, 'post_push');
  await push.getByLabel('Body', { exact: true }).fill('{"to": {"client": "ada"}, "data": "hello"}');
  await push.getByRole('button', { name: 'Send' }).click();
  await expect(push.locator('.answer')).toContainText('200');
  await expect(push.locator('.answer pre')).toContainText('"queued": true');
  const client = await operation(page, 'get_api_clients__client_id');
  await client.getByRole('textbox', { name: 'client_id' }).fill('nobody/at all');
  await client.getByRole('button', { name: 'Send' }).click();
  // It is sent as one segment of the path, and is no id.
  await expect(client.locator('.answer')).toContainText('422');
  await expect(client.locator('.answer')).toContainText('nobody%2Fat%20all');
  // A stream is shown as it arrives, until it is stopped.
  const stream = await operation(page, 'get_sse');
  await stream.getByRole('textbox', { name: 'client_id' }).fill('ada');
  await stream.getByRole('button', { name: 'Send' }).click();
  await expect(stream.locator('.answer pre')).toContainText('hello');
  await stream.getByRole('button', { name: 'Stop' }).click();
  await expect(stream.locator('.answer')).toContainText('Stopped.');
});

test.describe('with an admin token', () => {
  test.use({ flags: ['--admin-token', token], tolerated: /Failed to load resource/ });

  test('requests carry the token that is typed, in a header, and it is kept only if asked for', async ({ page, server }) => {
    const seen: { url: string; authorization?: string }[] = [];
    page.on('request', (request) => seen.push({ url: request.url(), authorization: request.headers().authorization }));
    await page.goto(`${server.url}/docs/api`);
    const stats = await operation(page, 'get_api_stats');
    const send = stats.getByRole('button', { name: 'Send' });
    await send.click();
    await expect(stats.locator('.answer')).toContainText('401');
    await page.getByRole('textbox', { name: 'Token' }).fill(token);
    await expect(page.getByText('Requests of this page carry the token.')).toBeVisible();
    await send.click();
    await expect(stats.locator('.answer')).toContainText('200');
    expect(seen.at(-1)).toEqual({ url: `${server.url}/api/stats`, authorization: `Bearer ${token}` });
    expect(seen.filter(({ url }) => url.includes(token))).toEqual([]);
    const stored = () => page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
    expect(await stored()).not.toContain(token);

    await page.getByLabel('Keep it in this tab').check();
    await page.reload();
    await expect(page.getByRole('textbox', { name: 'Token' })).toHaveValue(token);
    await page.getByRole('button', { name: 'Forget' }).click();
    expect(await stored()).not.toContain(token);
    await page.reload();
    await expect(page.getByRole('textbox', { name: 'Token' })).toHaveValue('');
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of devices) {
    test(`it fits and is accessible: ${colorScheme}, ${device}`, async ({ browser, server }) => {
      const context = await browser.newContext({ colorScheme, viewport });
      const page = await context.newPage();
      await page.goto(`${server.url}/docs/api`);
      await expect(page.locator('.operation').first()).toBeVisible();
      await look(page, `reader-${colorScheme}-${device}`);
      for (const id of ['post_push', 'get_api_clients', 'get_api_messages']) await operation(page, id);
      for (const summary of await page.locator('#post_push details > summary').all()) await summary.click();
      const push = page.locator('#get_api_clients');
      await push.getByRole('button', { name: 'Send' }).click();
      await expect(push.locator('.answer')).toContainText('200');
      await look(page, `reader-open-${colorScheme}-${device}`);
      await context.close();
    });
  }
}
