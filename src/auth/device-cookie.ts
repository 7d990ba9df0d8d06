/**
 * Known browsers. One that has logged into an account before shows it by a signed cookie, and its tries are counted apart
 * from those of strangers: so nobody can shut an account's owner out by guessing at it ("device cookies", OWASP).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { newId } from './secret.ts';

const separator = '~';

/** What the cookie holds, for an account. */
export function newDevice(key: Buffer, accountId: string): string {
  const device = `${accountId}${separator}${newId()}`;
  return `${device}${separator}${signature(key, device)}`;
}

/** The device's own name, where the cookie is one of ours and for this account. */
export function knownDevice(key: Buffer, accountId: string, cookie: string): string | undefined {
  const [account = '', name = '', shown = ''] = cookie.split(separator);
  if (account !== accountId) return undefined;
  const expected = Buffer.from(signature(key, `${account}${separator}${name}`));
  const received = Buffer.from(shown);
  return received.length === expected.length && timingSafeEqual(received, expected) ? name : undefined;
}

function signature(key: Buffer, device: string): string {
  return createHmac('sha256', key).update(device).digest('base64url');
}
