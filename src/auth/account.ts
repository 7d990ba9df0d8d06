/** Who may do what, as it is kept. Times are UTC ms. */
import { z } from 'zod';
import { accessLevels, type Role } from './access-level.ts';

export interface Account {
  readonly id: string;
  /** As it was given; two that differ in case alone are the same. */
  readonly name: string;
  readonly role: Role;
  /** Argon2id, in PHC form. */
  readonly passwordHash: string;
  readonly createdMs: number;
  readonly passwordChangedMs: number;
}

/** Somebody who has logged in. */
export interface Session {
  /** Public: names the session in lists. */
  readonly id: string;
  /** SHA-256 of what the cookie holds, in base64url. */
  readonly secretHash: string;
  readonly accountId: string;
  readonly createdMs: number;
  readonly lastUsedMs: number;
  /** Where the login came from, and with what. */
  readonly address: string;
  readonly userAgent: string;
}

/** What a program shows in place of a password. */
export interface MachineToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** SHA-256, in base64url. */
  readonly secretHash: string;
  readonly createdMs: number;
  /** The account or token that made it. */
  readonly createdBy: string;
  /** To the minute; absent: never yet. */
  readonly lastUsedMs?: number;
}

/** The most of each: all of them are in memory, and their list is one answer. */
export const mostRecords = { accounts: 200, sessions: 2000, tokens: 200, sessionsOfAccount: 50 } as const;

export const roles = accessLevels.filter((level): level is Role => level !== 'public');

const nameRule = '1 to 64 letters, digits, ".", "_", "@" and "-", the first a letter or digit';
const passwordRule = '10 to 256 characters';

export const nameSchema = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u, `expected ${nameRule}`);
export const passwordSchema = z.string().min(10, `expected ${passwordRule}`).max(256, `expected ${passwordRule}`);
export const roleSchema = z.enum(roles, `expected ${roles.join(', ')}`);

/** By this, names are compared. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
