import type { Role } from './access-level.ts';

/** Who makes a request, as far as is known. */
export type Caller =
  /** Nobody that we know. */
  | { readonly kind: 'stranger'; readonly role: 'public' }
  /** Let in without a name, by configuration. */
  | { readonly kind: 'anonymous'; readonly role: Role }
  /** Whoever is at this machine, while there are no accounts; by way of a proxy that tells of itself, an operator. */
  | { readonly kind: 'local'; readonly role: 'admin' | 'operator' }
  /** A program that shows a token; that of the configuration has no id. */
  | { readonly kind: 'token'; readonly role: Role; readonly name: string; readonly id?: string }
  | {
      readonly kind: 'account';
      readonly role: Role;
      readonly name: string;
      readonly accountId: string;
      readonly sessionId: string;
    };

export const stranger: Caller = { kind: 'stranger', role: 'public' };

/** As the audit log names it. */
export function callerName(caller: Caller): string {
  return 'name' in caller ? `${caller.kind}:${caller.name}` : caller.kind;
}
