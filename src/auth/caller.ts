import type { AccessLevel } from './access-level.ts';

/** Who makes a request, as far as is known. */
export interface Caller {
  /**
   * `stranger`: nobody that we know; `anonymous`: let in without a name, by configuration or because only this machine can
   * connect; `token`: a program that shows a token.
   */
  readonly kind: 'stranger' | 'anonymous' | 'token';
  readonly role: AccessLevel;
}

export const stranger: Caller = { kind: 'stranger', role: 'public' };
