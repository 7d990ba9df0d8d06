import { createHash, randomBytes } from 'node:crypto';

/** 256 bits that nobody guesses, as text that fits into headers and cookies. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Names a record: unique, but no secret. */
export function newId(): string {
  return randomBytes(9).toString('base64url');
}

/** What is kept of a secret. One that nobody can guess needs no slow hash. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
