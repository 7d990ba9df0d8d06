import type { RoadwatchError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';

/** Between two attempts to open a file that could not be opened. */
const reopenMs = 2000;

/** Tries to open what could not be opened again, but not for each call: until it is time, those get the last error. */
export class PatientOpening {
  readonly #clock: Clock;
  #fault: { readonly error: RoadwatchError; readonly atMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws what `faultOf` makes of an error of `open`. */
  attempt<Opened>(open: () => Opened, faultOf: (error: unknown) => RoadwatchError): Opened {
    const nowMs = this.#clock.monotonicMs();
    if (this.#fault !== undefined && nowMs - this.#fault.atMs < reopenMs) throw this.#fault.error;
    try {
      const opened = open();
      this.#fault = undefined;
      return opened;
    } catch (error) {
      this.#fault = { error: faultOf(error), atMs: nowMs };
      throw this.#fault.error;
    }
  }
}
