import type { Random } from '../../time/random.ts';
import type { KeySet, KeySpec } from '../keys/key-set.ts';
import type { RestRange } from './backoff.ts';
import { Endpoint } from './endpoint.ts';
import { PoolKey } from './pool-key.ts';
import type { PoolOptions } from './pool-options.ts';
import { QuotaGroup } from './quota-group.ts';

/** Groups and endpoints that no key uses are remembered up to this many: a key that comes back is still paced. */
const mostRemembered = 256;

/** The keys in use, and what they share. A new set changes it in place: nothing that was learned is lost. */
export class KeyRoster {
  readonly #options: PoolOptions;
  readonly #ownCooling: RestRange;
  /** What groups and endpoints look at: changes with the key set. */
  readonly #cooling: { minMs: number; maxMs: number };
  readonly #random: Random;
  readonly #groups = new Map<string, QuotaGroup>();
  readonly #endpoints = new Map<string, Endpoint>();
  #keys = new Map<string, PoolKey>();
  readonly #draining = new Set<PoolKey>();

  constructor(options: PoolOptions, random: Random) {
    this.#ownCooling = options.cooling;
    this.#cooling = { ...options.cooling };
    this.#options = { ...options, cooling: this.#cooling };
    this.#random = random;
  }

  /** Keys that take calls. */
  get keys(): readonly PoolKey[] {
    return [...this.#keys.values()];
  }

  /** The same, and those that are on their way out. */
  get all(): readonly PoolKey[] {
    return [...this.#keys.values(), ...this.#draining];
  }

  /** A key that is new joins, one that is gone drains, one that has another secret, group or endpoint does both. */
  use(set: KeySet): void {
    Object.assign(this.#cooling, set.cooling ?? this.#ownCooling);
    for (const spec of set.groups) this.#useGroup(spec);
    for (const spec of set.endpoints) {
      const known = this.#endpoints.get(spec.id);
      if (known === undefined || known.differsFrom(spec)) {
        this.#endpoints.set(spec.id, new Endpoint(spec, this.#options, this.#random));
      }
    }
    const next = new Map(set.keys.map((spec) => [spec.id, this.#keyOf(spec)]));
    for (const key of this.#keys.values()) if (next.get(key.id) !== key) this.#drain(key);
    this.#keys = next;
    this.#forgetUnused();
  }

  /** Lets go of keys that have drained. */
  sweep(): void {
    for (const key of this.#draining) if (key.inFlight === 0) this.#draining.delete(key);
  }

  #useGroup({ id, limits }: KeySet['groups'][number]): void {
    const known = this.#groups.get(id);
    if (known === undefined) this.#groups.set(id, new QuotaGroup({ id, limits }, this.#options, this.#random));
    else known.limit(limits);
  }

  #keyOf(spec: KeySpec): PoolKey {
    const group = this.#groups.get(spec.group);
    const endpoint = this.#endpoints.get(spec.endpoint);
    if (group === undefined || endpoint === undefined) {
      throw new RangeError(`key ${spec.id}: expected its group and endpoint to be in the key set`);
    }
    const known = this.#keys.get(spec.id);
    if (known?.secret.equals(spec.secret) && known.group === group && known.endpoint === endpoint) {
      known.adjust(spec);
      return known;
    }
    return new PoolKey(spec, { group, endpoint }, this.#options, this.#random);
  }

  #drain(key: PoolKey): void {
    key.isDraining = true;
    if (key.inFlight > 0) this.#draining.add(key);
  }

  #forgetUnused(): void {
    const used = new Set<unknown>(this.all.flatMap(({ group, endpoint }) => [group, endpoint]));
    for (const parts of [this.#groups, this.#endpoints]) {
      for (const [id, part] of parts) {
        if (parts.size <= mostRemembered) break;
        if (!used.has(part)) parts.delete(id);
      }
    }
  }
}
