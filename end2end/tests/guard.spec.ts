// Only local programs or holders of the token may push, and no page of another site.
import { expect, otherOrigin, Tab, test } from '../fixtures';
import { goTo } from '../panel';

// The browser reports the refused requests.
test.use({ tolerated: /Failed to load resource|has been blocked by CORS policy/ });

test('a page of another origin can not push', async ({ context, server }) => {
  const tab = await Tab.open(context, server);
  const id = await tab.id();
  const attack = `<!DOCTYPE html><title>Elsewhere</title><p id="state">busy</p>
    <script type="module">
      const url = '${server.url}/push';
      const json = JSON.stringify({ to: { client: '${id}' }, data: 'from elsewhere' });
      const query = url + '?client_id=${id}&message=from+elsewhere';
      const tries = [
        fetch(url, { method: 'POST', mode: 'no-cors', body: json, headers: { 'Content-Type': 'text/plain' } }),
        fetch(url, { method: 'POST', body: json, headers: { 'Content-Type': 'application/json' } }),
        fetch(url, { method: 'POST', mode: 'no-cors', body: new URLSearchParams({ client_id: '${id}', message: 'from elsewhere' }) }),
        fetch(query, { mode: 'no-cors' }),
        new Promise((done) => { const image = new Image(); image.onload = image.onerror = done; image.src = query; }),
      ];
      await Promise.allSettled(tries);
      document.getElementById('state').textContent = 'done';
    </script>`;
  const elsewhere = await otherOrigin({ '/': attack });
  try {
    // Another port is another origin of the same site. Another host name is another site.
    for (const host of ['127.0.0.1', 'localhost']) {
      const page = await context.newPage();
      await page.goto(`http://${host}:${elsewhere.port}/`);
      await expect(page.getByText('done')).toBeVisible();
      // Not by navigation either.
      await page.evaluate((query) => { location.href = query; }, `${server.url}/push?client_id=${id}&message=from+elsewhere`);
      await expect(page.getByText('cross_site')).toBeVisible();
    }
  } finally {
    elsewhere.close();
  }
  await server.push({ to: { client: id }, data: 'from this machine' });
  await expect(tab.messages().first()).toContainText('from this machine');
  await expect(tab.messages()).toHaveCount(1);
});

test.describe('with an admin token', () => {
  const token = 'correct-horse-battery-staple-and-more';
  test.use({ flags: ['--admin-token', token] });

  test('the panel asks for the token, and signs in and out', { tag: '@phone' }, async ({ context, server }) => {
    const page = await context.newPage();
    await page.goto(`${server.url}/admin`);
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await page.getByLabel('Admin token').fill('a guess');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByLabel('Admin token')).toHaveAttribute('aria-invalid', 'true');

    await page.getByLabel('Admin token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
    const cookie = (await context.cookies()).find((cookie) => cookie.httpOnly);
    expect(cookie?.sameSite).toBe('Strict');
    await page.reload();
    await expect(page.getByText('Live', { exact: true })).toBeVisible();

    const tab = await Tab.open(context, server);
    await goTo(page, 'Push');
    await page.getByLabel('Client id', { exact: true }).fill(await tab.id());
    await page.getByLabel('Data').fill('signed in');
    await page.getByRole('button', { name: 'Push', exact: true }).click();
    await expect(tab.messages()).toContainText('signed in');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  });
});
