// A page of a Mercure application: a plain EventSource of another origin, with a cookie, and nothing of Tidings.
import { createHmac } from 'node:crypto';
import { expect, otherOrigin, test, Tidings } from '../fixtures';

// The server is away for a moment. The browser reports that.
test.use({ tolerated: /Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING/ });

const key = '!ChangeThisMercureHubJWTSecretKey!';

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

function token(rights: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = [part({ typ: 'JWT', alg: 'HS256' }), part({ mercure: rights })].join('.');
  return [signed, createHmac('sha256', key).update(signed).digest('base64url')].join('.');
}

test('a page with an EventSource and a cookie gets private updates, each once, also over a restart', async ({ context }) => {
  const origin = await otherOrigin({ '/': page });
  const from = `http://127.0.0.1:${origin.port}`;
  const server = await Tidings.start([
    '--mercure-publisher-key', key, '--mercure-subscriber-key', key, '--allow-origin', from,
  ]);
  const publish = async (fields: [string, string][]) => {
    const headers = { Authorization: `Bearer ${token({ publish: ['*'] })}` };
    const body = new URLSearchParams(fields);
    const answer = await fetch(`${server.url}/.well-known/mercure`, { method: 'POST', headers, body });
    expect(answer.status, await answer.clone().text()).toBe(200);
    return answer.text();
  };
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
    await publish([book, user, ['data', 'one'], ['id', 'urn:1']]);
    await publish([book, ['data', 'not for this page'], ['private', 'on'], ['id', 'urn:2']]);
    await publish([book, user, ['data', 'two'], ['type', 'sold'], ['private', 'on'], ['id', 'urn:3'], ['retry', '500']]);
    const first = ['message one urn:1', 'sold two urn:3'];
    await expect(items).toHaveText(first);

    await server.kill();
    await expect(tab.getByRole('status')).toHaveText('closed');
    await server.start();
    await publish([user, ['data', 'three'], ['private', 'on'], ['id', 'urn:4']]);
    await publish([book, ['data', 'four'], ['id', 'urn:5']]);
    await expect(items).toHaveText([...first, 'message three urn:4', 'message four urn:5']);
  } finally {
    origin.close();
    await server.dispose();
  }
});
