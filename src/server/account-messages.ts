/** What is told of accounts, sessions and tokens. Times are UTC ms. No secret is among it. */
import type { Role } from '../auth/access-level.ts';
import type { AuditPage } from '../auth/audit.ts';
import type { Caller } from '../auth/caller.ts';

/** Who asks. */
export interface CallerData {
  /** `local`: at the machine itself, while there are no accounts; `anonymous`: by configuration. */
  readonly kind: Caller['kind'];
  readonly role: Caller['role'];
  /** Of the account or token. */
  readonly name?: string;
}

/** `GET /api/session`. */
export interface SessionData {
  readonly caller: CallerData;
  /** There is no account yet: the first may be made, with the code that the log shows where that is needed. */
  readonly firstRun?: { readonly needsCode: boolean };
}

/** An account in `GET /api/accounts`. */
export interface AccountData {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
  readonly passwordChangedMs: number;
  /** That are open. */
  readonly sessions: number;
  /** By a session that is open. */
  readonly lastUsedMs?: number;
}

/** A session in `GET /api/account/sessions`. */
export interface SessionEntryData {
  readonly id: string;
  readonly createdMs: number;
  readonly lastUsedMs: number;
  /** Where the login came from, and with what. */
  readonly address: string;
  readonly userAgent: string;
  /** It is the one that asks. */
  readonly own: boolean;
}

/** A token in `GET /api/tokens`. */
export interface TokenData {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
  readonly createdBy: string;
  readonly lastUsedMs?: number;
}

/** `GET /api/audit`. */
export type AuditListData = AuditPage;
