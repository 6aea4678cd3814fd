// Reconnecting after a stream has ended.
import { expect, Tab, test } from '../fixtures';

test.use({ flags: ['--heartbeat', '1'] });

test('tabs reconnect after the server was killed and restarted', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  await server.kill();
  await expect(tab.page.getByText(/Reconnecting in \d+ s/)).toBeVisible();
  await server.start();
  await tab.isLive();
  expect(await tab.id()).toBe(id);
  await server.push({ to: { client: id }, data: 'after the restart' });
  await expect(tab.messages().first()).toContainText('after the restart');
});

test('the next attempt can be started at once', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  await server.kill();
  // After some attempts the delay is long enough to be skipped.
  await expect(tab.page.getByText(/Reconnecting in ([5-9]|\d\d) s/)).toBeVisible({ timeout: 40_000 });
  await server.start();
  await tab.page.getByRole('button', { name: 'Retry now' }).click();
  await tab.isLive();
});

test('a dead connection is detected by missing pings', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  server.halt();
  try {
    await expect(tab.state()).not.toHaveText('Live', { timeout: 20_000 });
  } finally {
    server.resume();
  }
  await tab.isLive();
  await server.push({ to: { client: await tab.id() }, data: 'here again' });
  await expect(tab.messages().first()).toContainText('here again');
});

test('an error status is shown, and attempts continue', async ({ context, server }) => {
  let failing = true;
  const problem = {
    type: '/docs#too_many_connections', title: 'Full', status: 503,
    code: 'too_many_connections', detail: 'the server has all the connections it may have',
  };
  await context.route('**/sse?*', (route) =>
    failing
      ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) })
      : route.continue());
  const page = await context.newPage();
  await page.goto(server.url);
  await expect(page.getByText(/Reconnecting in \d+ s/)).toBeVisible();
  await expect(page.getByText(problem.detail)).toBeVisible();
  failing = false;
  await new Tab(page).isLive();
});

test('a tab says that it is offline, and reconnects with the network', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  await context.setOffline(true);
  await server.kill();
  await expect(tab.state()).toHaveText('Offline');
  await server.start();
  await context.setOffline(false);
  await tab.isLive();
});
