// The server as a hub of Mercure: its keys, tokens of 0.x, and updates as an application publishes them.
import { createHmac } from 'node:crypto';
import { expect } from '@playwright/test';
import type { Tidings } from './fixtures';

/** The key of publishers and of subscribers. */
export const key = '!ChangeThisMercureHubJWTSecretKey!';

/** The flags of a hub for pages of this origin. */
export const hubFor = (origin: string): string[] => [
  '--mercure-publisher-key', key, '--mercure-subscriber-key', key, '--allow-origin', origin,
];

/** A token with the header `typ` and these claims. */
export function signed(typ: string, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = [part({ typ, alg: 'HS256' }), part(claims)].join('.');
  return [text, createHmac('sha256', key).update(text).digest('base64url')].join('.');
}

/** A token of 0.x. */
export function token(rights: object): string {
  return signed('JWT', { mercure: rights });
}

/** Publishes an update with these fields. */
export async function publish(server: Tidings, fields: [string, string][], bearer = token({ publish: ['*'] })): Promise<void> {
  const headers = { Authorization: `Bearer ${bearer}` };
  const body = new URLSearchParams(fields);
  const answer = await fetch(`${server.url}/.well-known/mercure`, { method: 'POST', headers, body });
  expect(answer.status, await answer.clone().text()).toBe(200);
}
