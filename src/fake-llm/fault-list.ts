import type { Random } from '../time/random.ts';
import type { FakeFault } from './fake-options.ts';

/** Which call a fault may hit. */
export interface FaultTarget {
  readonly key: string;
  /** First part of the path; empty where there is none. */
  readonly endpoint: string;
}

interface ActiveFault {
  readonly fault: FakeFault;
  hitsLeft: number;
}

/** The faults in force; can be changed while calls run. */
export class FaultList {
  readonly #random: Random;
  #active: ActiveFault[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  set(faults: readonly FakeFault[]): void {
    this.#active = faults.map((fault) => ({ fault, hitsLeft: fault.times ?? Number.POSITIVE_INFINITY }));
  }

  /** The fault that hits this call: the first that matches, by its share. */
  hit({ key, endpoint }: FaultTarget): FakeFault | undefined {
    for (const active of this.#active) {
      const { fault } = active;
      if (active.hitsLeft <= 0 || !(fault.keys?.includes(key) ?? true)) continue;
      if (fault.endpoint !== undefined && fault.endpoint !== endpoint) continue;
      if (this.#random() >= fault.share) continue;
      active.hitsLeft -= 1;
      return fault;
    }
    return undefined;
  }
}
