// A real OpenID Connect issuer (npm's oidc-provider), with a page to sign in and one to agree.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

const clientId = 'tidings';
const clientSecret = 'the-client-secret-of-the-tests';

/** Who may sign in, with the groups that they are in. */
const groups: Record<string, string[]> = { ada: ['staff'], root: ['everybody', 'ops'], eve: ['guests'] };

/** A running issuer. Any password is right. */
export class Issuer {
  private constructor(readonly url: string, readonly close: () => void) {}

  /** Starts it for one server, which is at this URL. */
  static async start(server: string): Promise<Issuer> {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    // Another host name than that of the server, so that it is another site.
    const url = `http://localhost:${(http.address() as AddressInfo).port}`;
    const provider = new Provider(url, {
      clients: [{
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${server}/api/session/oidc/callback`],
      }],
      claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email'] },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, preferred_username: id, groups: groups[id] ?? [] }),
      }),
      cookies: { keys: ['a key of the tests'] },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: true } },
    });
    http.on('request', provider.callback());
    return new Issuer(url, () => { http.closeAllConnections(); http.close(); });
  }

  /** What a server needs to know of it. */
  get flags(): string[] {
    return [
      '--oidc-issuer', this.url, '--oidc-client-id', clientId, '--oidc-client-secret', clientSecret,
      '--oidc-role', 'ops=admin,staff=viewer', '--oidc-name', 'the shop',
    ];
  }
}
