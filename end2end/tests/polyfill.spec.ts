// A page of another origin that uses event-source-polyfill. It can't send `Last-Event-ID` to another origin without a
// preflight request, so it sends `lastEventId` in the query.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Proxy } from '../elsewhere';
import { expect, otherOrigin, test } from '../fixtures';

// The page is offline for a while. The polyfill and the browser report that.
test.use({ tolerated: /Failed to load resource|network error|Failed to fetch/ });

const polyfill = fileURLToPath(import.meta.resolve('event-source-polyfill/src/eventsource.min.js'));

const page = (script: string, stream: string) => `<!DOCTYPE html><html lang="en"><title>Polyfill</title><ol></ol>
  <script>${script}</script>
  <script>
    const source = new EventSourcePolyfill(${JSON.stringify(stream)})
    source.onmessage = ({ data }) => {
      const item = document.createElement('li')
      item.textContent = data
      document.querySelector('ol').append(item)
    }
  </script>`;

const texts = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `message ${from + index}`);

test('a page with event-source-polyfill gets the messages that were pushed while it was offline', async ({ context, server }) => {
  const proxy = await Proxy.before(server.port);
  const stream = `${proxy.url}/sse?client_id=polyfill&topic=news`;
  const origin = await otherOrigin({ '/': page(await readFile(polyfill, 'utf8'), stream) });
  const push = async (messages: string[]) => {
    for (const data of messages) await server.push({ to: { topic: 'news' }, data });
  };
  try {
    const tab = await context.newPage();
    const opened = tab.waitForResponse((response) => response.url().startsWith(stream));
    await tab.goto(`http://127.0.0.1:${origin.port}/`);
    await opened;
    const items = tab.getByRole('listitem');
    await push(texts(1, 5));
    await expect(items).toHaveText(texts(1, 5));

    await context.setOffline(true);
    proxy.cut();
    await push(texts(6, 15));
    await expect(items).toHaveText(texts(1, 5));
    const again = tab.waitForRequest((request) => request.url().includes('&lastEventId='), { timeout: 30_000 });
    await context.setOffline(false);
    await again;
    await push(['message 16']);
    await expect(items).toHaveText(texts(1, 16));
  } finally {
    origin.close();
    proxy.close();
  }
});
