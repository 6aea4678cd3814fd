// A page of a Mercure application: a plain EventSource of another origin, with a cookie, and nothing of Tidings.
import { expect, otherOrigin, test, Tidings } from '../fixtures';
import { hubFor, publish, signed, token } from '../hub';

// The server is away for a moment. The browser reports that.
test.use({ tolerated: /Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING/ });

const page = `<!DOCTYPE html><html lang="en"><title>Books</title><p role="status"></p><ol></ol>
  <script>
    const url = new URL(decodeURIComponent(location.hash.slice(1)))
    url.searchParams.append('topic', 'https://example.com/books/{id}')
    url.searchParams.append('topic', 'https://example.com/users/7')
    const source = new EventSource(url, { withCredentials: true })
    const show = ({ type, data, lastEventId }) => {
      const item = document.createElement('li')
      item.textContent = [type, data, lastEventId].join(' ')
      document.querySelector('ol').append(item)
    }
    source.onmessage = show
    source.addEventListener('sold', show)
    source.onopen = () => { document.querySelector('[role=status]').textContent = 'open' }
    source.onerror = () => { document.querySelector('[role=status]').textContent = 'closed' }
  </script>`;

// Of Mercure 1.0, for everything that matches one of these URL patterns.
function accessToken(action: string, ...patterns: string[]): string {
  return signed('at+jwt', {
    iss: 'https://app.example.com',
    aud: 'https://hub.example.com/.well-known/mercure',
    sub: 'ada',
    exp: Math.floor(Date.now() / 1000) + 600,
    authorization_details: [{
      type: 'https://mercure.rocks/authorization-detail',
      actions: [action],
      topics: patterns.map((match) => ({ match, match_type: 'urlpattern' })),
    }],
  });
}

const patternsPage = `<!DOCTYPE html><html lang="en"><title>Books</title><p role="status"></p><ol></ol>
  <script>
    const url = new URL(decodeURIComponent(location.hash.slice(1)))
    url.searchParams.append('match_urlpattern', 'https://example.com/books/:id')
    url.searchParams.append('match_urlpattern', '/.well-known/mercure/subscriptions/:type/:match/:subscriber')
    const source = new EventSource(url, { withCredentials: true })
    const show = text => {
      const item = document.createElement('li')
      item.textContent = text
      document.querySelector('ol').append(item)
    }
    source.onmessage = ({ data }) => show(data)
    source.addEventListener('mercure', ({ data }) => {
      const { match, active } = JSON.parse(data)
      if (match === 'news') show([match, active].join(' '))
    })
    source.onopen = () => { document.querySelector('[role=status]').textContent = 'open' }
  </script>`;

test('a page with an EventSource and a cookie gets private updates, each once, also over a restart', async ({ context }) => {
  const origin = await otherOrigin({ '/': page });
  const from = `http://127.0.0.1:${origin.port}`;
  const server = await Tidings.start(hubFor(from));
  try {
    await context.addCookies([{
      name: 'mercureAuthorization', value: token({ subscribe: ['https://example.com/users/7'] }),
      domain: '127.0.0.1', path: '/.well-known/mercure', httpOnly: true, sameSite: 'Strict',
    }]);
    const tab = await context.newPage();
    await tab.goto(`${from}/#${encodeURIComponent(`${server.url}/.well-known/mercure`)}`);
    await expect(tab.getByRole('status')).toHaveText('open');
    const items = tab.getByRole('listitem');

    const book: [string, string] = ['topic', 'https://example.com/books/1'];
    const user: [string, string] = ['topic', 'https://example.com/users/7'];
    await publish(server, [book, user, ['data', 'one'], ['id', 'urn:1']]);
    await publish(server, [book, ['data', 'not for this page'], ['private', 'on'], ['id', 'urn:2']]);
    await publish(server, [book, user, ['data', 'two'], ['type', 'sold'], ['private', 'on'], ['id', 'urn:3'], ['retry', '500']]);
    const first = ['message one urn:1', 'sold two urn:3'];
    await expect(items).toHaveText(first);

    await server.kill();
    await expect(tab.getByRole('status')).toHaveText('closed');
    await server.start();
    await publish(server, [user, ['data', 'three'], ['private', 'on'], ['id', 'urn:4']]);
    await publish(server, [book, ['data', 'four'], ['id', 'urn:5']]);
    await expect(items).toHaveText([...first, 'message three urn:4', 'message four urn:5']);
  } finally {
    origin.close();
    await server.dispose();
  }
});

test('a page with URL patterns and an access token gets private updates, and hears who subscribes', async ({ context }) => {
  const origin = await otherOrigin({ '/': patternsPage });
  const from = `http://127.0.0.1:${origin.port}`;
  const server = await Tidings.start([
    ...hubFor(from), '--mercure-subscriptions', '--mercure-issuer', 'https://app.example.com', '--public-url', 'https://hub.example.com', '--mercure-cookie', 'token',
  ]);
  const hub = `${server.url}/.well-known/mercure`;
  const publishPrivate = (topic: string, data: string) =>
    publish(server, [['topic', topic], ['data', data], ['private', 'on']], accessToken('publish', '*'));
  try {
    const value = accessToken('subscribe', 'https://example.com/books/1', '/.well-known/mercure/subscriptions/*');
    await context.addCookies([{ name: 'token', value, domain: '127.0.0.1', path: '/.well-known/mercure', httpOnly: true, sameSite: 'Strict' }]);
    const tab = await context.newPage();
    await tab.goto(`${from}/#${encodeURIComponent(hub)}`);
    await expect(tab.getByRole('status')).toHaveText('open');
    const items = tab.getByRole('listitem');
    await publishPrivate('https://example.com/books/2', 'not for this page');
    await publishPrivate('https://example.com/books/1', 'for this page');
    await expect(items).toHaveText(['for this page']);

    const stop = new AbortController();
    const headers = { Authorization: `Bearer ${accessToken('subscribe', '*')}` };
    const other = await fetch(`${hub}?match=news`, { headers, signal: stop.signal });
    expect(other.status).toBe(200);
    await expect(items).toHaveText(['for this page', 'news true']);
    stop.abort();
    await expect(items).toHaveText(['for this page', 'news true', 'news false']);
  } finally {
    origin.close();
    await server.dispose();
  }
});
