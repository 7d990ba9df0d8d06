import type { Role } from './access-level.ts';
import type { Account, MachineToken, Session } from './account.ts';

/** All that is kept, but the audit log. */
export interface AuthRecords {
  readonly accounts: readonly Account[];
  readonly sessions: readonly Session[];
  readonly tokens: readonly MachineToken[];
  /** Signs the cookies by which a browser that has logged in before is known; in base64. */
  readonly deviceKey: string;
  /** The file has taken the place of a damaged one: that there is no account does not mean that there never was. */
  readonly isReplacement: boolean;
}

/** One change of it. Each touches as little as it can: another process may change the rest. */
export type AuthChange =
  /** `first`: only where there is no account yet. */
  | { readonly kind: 'add-account'; readonly account: Account; readonly first: boolean }
  | { readonly kind: 'set-password'; readonly accountId: string; readonly passwordHash: string; readonly atMs: number }
  | { readonly kind: 'set-role'; readonly accountId: string; readonly role: Role }
  /** Its sessions go with it. */
  | { readonly kind: 'remove-account'; readonly accountId: string }
  | { readonly kind: 'add-session'; readonly session: Session }
  | { readonly kind: 'use-session'; readonly id: string; readonly atMs: number }
  | { readonly kind: 'remove-session'; readonly id: string }
  | { readonly kind: 'add-token'; readonly token: MachineToken }
  | { readonly kind: 'use-token'; readonly id: string; readonly atMs: number }
  | { readonly kind: 'remove-token'; readonly id: string };
