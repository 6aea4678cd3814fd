// Libraries with which pages of Mercure applications listen: they send the token in `Authorization`, which an EventSource can't.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, otherOrigin, test, Tidings } from '../fixtures';
import { hubFor, publish, token } from '../hub';

// The server is away for a moment. The libraries and the browser report that.
test.use({ tolerated: /Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|network error|Failed to fetch/ });

type Library = {
  name: string;
  /** Its code, for a page. */
  code(): Promise<string>;
  /** Opens the stream at `url` with `headers`, and calls `show(type, data, id)` for each event, and `opened()`. */
  open: string;
};

const polyfill = fileURLToPath(import.meta.resolve('event-source-polyfill/src/eventsource.min.js'));

const libraries: Library[] = [
  {
    name: 'event-source-polyfill',
    code: () => readFile(polyfill, 'utf8'),
    open: `
      const source = new EventSourcePolyfill(url, { headers })
      for (const type of ['message', 'sold']) {
        source.addEventListener(type, ({ data, lastEventId }) => show(type, data, lastEventId))
      }
      source.onopen = opened`,
  },
  {
    name: '@microsoft/fetch-event-source',
    code: async () => {
      const contents = "export { fetchEventSource } from '@microsoft/fetch-event-source'";
      const resolveDir = fileURLToPath(new URL('..', import.meta.url));
      const { outputFiles } = await build({
        stdin: { contents, resolveDir }, bundle: true, write: false, format: 'iife', globalName: 'library',
      });
      return outputFiles[0].text;
    },
    open: `
      library.fetchEventSource(url, {
        headers,
        openWhenHidden: true,
        onopen: async () => opened(),
        onmessage: ({ event, data, id }) => show(event || 'message', data, id),
        // The end of a stream is no error for it: its documentation says to throw one.
        onclose: () => { throw new Error('closed') },
      })`,
  },
];

const page = (library: string, open: string) => `<!DOCTYPE html><html lang="en"><title>Books</title><p role="status"></p><ol></ol>
  <script>${library}</script>
  <script>
    const [hub, bearer] = JSON.parse(decodeURIComponent(location.hash.slice(1)))
    const url = new URL(hub)
    url.searchParams.append('topic', 'https://example.com/books/{id}')
    url.searchParams.append('topic', 'https://example.com/users/7')
    const headers = { Authorization: 'Bearer ' + bearer }
    const show = (...event) => {
      const item = document.createElement('li')
      item.textContent = event.join(' ')
      document.querySelector('ol').append(item)
    }
    let streams = 0
    const opened = () => { document.querySelector('[role=status]').textContent = 'opened ' + ++streams }
    ${open}
  </script>`;

for (const { name, code, open } of libraries) {
  test(`a page with ${name} gets private updates by its token, each once, also over a restart`, async ({ context }) => {
    const origin = await otherOrigin({ '/': page(await code(), open) });
    const from = `http://127.0.0.1:${origin.port}`;
    const server = await Tidings.start(hubFor(from));
    try {
      const tab = await context.newPage();
      const hub = `${server.url}/.well-known/mercure`;
      const bearer = token({ subscribe: ['https://example.com/users/{id}'] });
      await tab.goto(`${from}/#${encodeURIComponent(JSON.stringify([hub, bearer]))}`);
      await expect(tab.getByRole('status')).toHaveText('opened 1');
      const items = tab.getByRole('listitem');

      const book: [string, string] = ['topic', 'https://example.com/books/1'];
      const user: [string, string] = ['topic', 'https://example.com/users/7'];
      await publish(server, [book, user, ['data', 'one'], ['id', 'urn:1'], ['retry', '500']]);
      await publish(server, [book, ['data', 'not for this page'], ['private', 'on'], ['id', 'urn:2']]);
      await publish(server, [user, ['data', 'two'], ['type', 'sold'], ['private', 'on'], ['id', 'urn:3']]);
      const first = ['message one urn:1', 'sold two urn:3'];
      await expect(items).toHaveText(first);

      await server.kill();
      await server.start();
      await publish(server, [user, ['data', 'three'], ['private', 'on'], ['id', 'urn:4']]);
      await expect(tab.getByRole('status')).toHaveText('opened 2');
      await publish(server, [book, ['data', 'four'], ['id', 'urn:5']]);
      await expect(items).toHaveText([...first, 'message three urn:4', 'message four urn:5']);
    } finally {
      origin.close();
      await server.dispose();
    }
  });
}
