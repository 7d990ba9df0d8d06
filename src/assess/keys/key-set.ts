import type { EndpointInfo } from '../pool/model-pool.ts';
import type { Secret } from './secret.ts';

export type SelectionStrategy = 'least_loaded' | 'round_robin' | 'weighted';

/** What a provider, or the operator, allows. What is left out is not limited. */
export interface QuotaLimits {
  readonly requestsPerSecond?: number;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
}

export interface EndpointSpec extends EndpointInfo {
  /** The API's address, without `/chat/completions`. */
  readonly baseUrl: string;
}

/** Keys that a provider counts together: those of one account, for one model. */
export interface GroupSpec {
  readonly id: string;
  readonly limits: QuotaLimits;
}

export interface KeySpec {
  /** What it is called in logs, metrics and on the page. */
  readonly id: string;
  readonly secret: Secret;
  /** Its weight where `weighted` chooses; 0 counts as 1. */
  readonly priority: number;
  readonly group: string;
  readonly endpoint: string;
  /** Limits of this key alone, within those of its group. */
  readonly limits: QuotaLimits;
}

/** All keys and what they belong to. Every name that a key gives is there. */
export interface KeySet {
  readonly endpoints: readonly EndpointSpec[];
  readonly groups: readonly GroupSpec[];
  readonly keys: readonly KeySpec[];
  /** Overrides the pool's own. */
  readonly strategy?: SelectionStrategy;
  /** Overrides the pool's own. */
  readonly cooling?: { readonly minMs: number; readonly maxMs: number };
}

export const noKeys: KeySet = { endpoints: [], groups: [], keys: [] };
