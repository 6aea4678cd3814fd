// The examples of docs/front-end.md for browsers run as they are printed, on a page of another origin.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from '@playwright/test';
import { Proxy } from '../elsewhere';
import { expect, otherOrigin, test, type Tidings } from '../fixtures';

const here = dirname(fileURLToPath(import.meta.url));
const text = readFileSync(join(here, '../../docs/front-end.md'), 'utf8');

/** The block with this mark. The server of the examples is replaced by the one at `url`. */
function example(name: string, url: string): string {
  const block = new RegExp(`<!-- browser: ${name}(?:;[^>]*)? -->\\n\`\`\`\\w+\\n([^]*?)\`\`\``).exec(text);
  if (!block) throw new Error(`docs/front-end.md has no example called ${name}`);
  return block[1].replaceAll('https://push.example.org', url);
}

/** Opens a page of another origin with this content. It is closed with the context. */
async function elsewhere(context: BrowserContext, html: string): Promise<{ page: Page; close(): void }> {
  const origin = await otherOrigin({ '/': `<!DOCTYPE html><title>Elsewhere</title><body>${html}` });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${origin.port}/`);
  return { page, close: origin.close };
}

const paid = (order: number) => ({ to: { topic: `orders/${order}` }, event: 'paid', data: { order } });

async function untilConnected(server: Tidings, connections: number): Promise<void> {
  await expect
    .poll(async () => (await server.push({ to: { client: 'anna' }, data: 'a try', ttl: 0 })).connections)
    .toBe(connections);
}

for (const name of ['tidings', 'one-line']) {
  test(`the example "${name}" shows what is pushed`, async ({ context, server }) => {
    const { page, close } = await elsewhere(context, example(name, server.url));
    try {
      await untilConnected(server, 1);
      await server.push(paid(42));
      await expect(page.locator('body')).toContainText('{"order":42}');
    } finally {
      close();
    }
  });
}

test.describe('the complete example with EventSource', () => {
  // So that it notices a dead connection after four seconds.
  test.use({ flags: ['--heartbeat', '1'] });

  const open = (context: BrowserContext, url: string) =>
    elsewhere(context, `<ol></ol><script type="module">
      ${example('complete', url).replace('export function', 'function')}
      const show = text => document.querySelector('ol').append(Object.assign(document.createElement('li'), { textContent: text }))
      listen('${url}', 'anna', ['orders/*'], {
        onMessage: ({ event, data }) => event == 'paid' && show('order ' + data.order),
        onGap: ({ reason }) => show('gap: ' + reason)
      })
    </script>`);

  test('loses and repeats nothing when the browser has given up, on a dead connection, and after a reload', async ({ context, server }) => {
    const proxy = await Proxy.before(server.port);
    const { page, close } = await open(context, proxy.url);
    const shown = page.getByRole('listitem');
    try {
      await untilConnected(server, 1);
      await server.push(paid(1));
      await expect(shown).toHaveText(['order 1']);

      // An error status: the browser does not come back by itself.
      const refused = page.waitForResponse((response) => response.status() === 502);
      proxy.refusal = { status: 502, body: 'bad gateway', type: 'text/plain' };
      proxy.cut();
      await refused;
      await server.push(paid(2));
      proxy.refusal = undefined;
      await expect(shown).toHaveText(['order 1', 'order 2']);

      // A connection on which nothing arrives any more.
      proxy.stall();
      await server.push(paid(3));
      await expect(shown).toHaveText(['order 1', 'order 2', 'order 3']);

      // A page that is loaded again.
      const place = page.url();
      await page.goto('about:blank');
      await untilConnected(server, 0);
      await server.push(paid(4));
      await page.goto(place);
      await expect(shown).toHaveText(['order 4']);
      await server.push(paid(5));
      await expect(shown).toHaveText(['order 4', 'order 5']);
    } finally {
      close();
      proxy.close();
    }
  });

  test('tells of a gap when the log is another one', async ({ context, server }) => {
    const { page, close } = await open(context, server.url);
    try {
      await untilConnected(server, 1);
      await server.push(paid(1));
      await expect(page.getByRole('listitem')).toHaveText(['order 1']);
      await server.kill();
      await server.loseData();
      await server.start();
      await expect(page.getByRole('listitem')).toHaveText(['order 1', 'gap: unknown_epoch']);
      await untilConnected(server, 1);
      await server.push(paid(2));
      await expect(page.getByText('order 2')).toBeVisible();
    } finally {
      close();
    }
  });
});
