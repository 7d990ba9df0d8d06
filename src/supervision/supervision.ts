/** Tells the service manager how the service is, from its start to its end. */
import type { Standstill } from '../detect/watchdog.ts';
import type { Log } from '../log.ts';
import type { Clock } from '../time/clock.ts';
import type { ServiceManager } from './service-manager.ts';

/** So many looks fall into the time after which the service manager ends the process. */
const looksAWatchdog = 3;
const longestPeriodMs = 5000;

/** How the service is at a moment. */
export interface Condition {
  /** In words, for `systemctl status`; one line. */
  readonly status: string;
  readonly standstills: readonly Standstill[];
}

export interface SupervisionOptions {
  readonly manager: ServiceManager;
  readonly look: () => Condition;
  readonly log: Log;
  readonly clock: Clock;
}

export class Supervision {
  readonly #options: SupervisionOptions;
  readonly #periodMs: number;
  #status: string | undefined;
  #standing = '';
  #cancel = () => {};

  constructor(options: SupervisionOptions) {
    this.#options = options;
    const { watchdogMs } = options.manager;
    this.#periodMs = Math.min(longestPeriodMs, (watchdogMs ?? Number.POSITIVE_INFINITY) / looksAWatchdog);
  }

  /** The service is ready; from now on it is looked after. */
  start(): void {
    this.#options.manager.tell('READY=1');
    this.#look();
  }

  /** The service is about to end. */
  stop(): void {
    this.#cancel();
    this.#options.manager.tell('STOPPING=1');
  }

  #look(): void {
    const { manager, look, clock } = this.#options;
    this.#cancel = clock.after(this.#periodMs, () => this.#look());
    const { status, standstills } = look();
    this.#sayStandstills(standstills);
    if (status !== this.#status) manager.tell(`STATUS=${status}`);
    this.#status = status;
    if (standstills.length === 0) manager.tell('WATCHDOG=1');
  }

  #sayStandstills(standstills: readonly Standstill[]): void {
    const standing = standstills.map(inWords).join(', ');
    const { manager, log } = this.#options;
    if (standing !== '' && standing !== this.#standing) {
      const what = manager.watchdogMs === undefined ? 'start the service anew' : 'systemd starts the service anew';
      log.error({ code: 'standstill', standstills }, `stands still, whatever is tried: ${standing}; ${what}`);
    }
    this.#standing = standing;
  }
}

function inWords({ stage, cameraId }: Standstill): string {
  return cameraId === undefined ? stage : `${stage} of camera ${cameraId}`;
}
