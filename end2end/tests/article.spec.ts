// Two plain pages, as in an article about EventSource. They are served from another origin, and know only the address
// of the server, port 8020.
import { readFileSync } from 'node:fs';
import { expect, otherOrigin, test, Tidings } from '../fixtures';

const page = (name: string) => readFileSync(new URL(`../article/${name}`, import.meta.url), 'utf8');

test.describe('two plain pages of another origin', () => {
  let server: Tidings;
  let origin: Awaited<ReturnType<typeof otherOrigin>>;

  test.beforeAll(async () => {
    server = await Tidings.start([], 8020);
    origin = await otherOrigin({ '/progress': page('progress.html'), '/client': page('client.html') });
  });
  test.afterAll(async () => {
    origin?.close();
    await server?.dispose();
  });
  test.describe.configure({ mode: 'serial' });

  test('the first page shows ten steps and the end', async ({ page }) => {
    await page.goto(`http://127.0.0.1:${origin.port}/progress`);
    await expect(page.getByText('closed')).toBeVisible({ timeout: 30_000 });
    const steps = [...Array(10).keys()].map((step) => `current: ${step}`);
    await expect(page.getByRole('listitem')).toHaveText([...steps, 'end']);
  });

  test('the second page gets the messages pushed to it, and no others', async ({ context }) => {
    const open = async () => {
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${origin.port}/client`);
      return { page, id: (await page.getByRole('code').textContent()) ?? '' };
    };
    const [one, other] = [await open(), await open()];
    const push = (id: string, message: string) =>
      fetch(`${server.url}/push?client_id=${id}&message=${encodeURIComponent(message)}`);
    await expect.poll(async () => (await push(other.id, 'for the other')).status).toBe(200);

    let said = '';
    await expect
      .poll(async () => {
        const response = await push(one.id, 'good day & good luck');
        said = await response.text();
        return response.status;
      })
      .toBe(200);
    expect(said).toBe('success');
    await expect(one.page.getByRole('listitem')).toHaveText('good day & good luck');
    await expect(other.page.getByRole('listitem')).toHaveText('for the other');
  });
});
