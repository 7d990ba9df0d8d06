/** systemd as the process that it has started sees it: sd_notify(3). */
import { errorMessage } from '../errors.ts';
import type { Log } from '../log.ts';

export interface ServiceManager {
  /** It ends the process when it has heard nothing for so long; none where it does not mind. */
  readonly watchdogMs?: number;
  /** Sends a message, such as `READY=1`, without waiting. One that cannot be sent is said once, and no error. */
  tell(message: string): void;
}

/** What sends a message to an address; throws where that fails. */
export type SendMessage = (address: string, message: string) => void;

const microsecondsPerMs = 1000;

/**
 * The service manager that these variables name, or one that nobody hears. The variables are taken out, so that no process that
 * this one starts speaks in its name.
 */
export function serviceManager(environment: NodeJS.ProcessEnv, log: Log, send: SendMessage): ServiceManager {
  const { NOTIFY_SOCKET: address, WATCHDOG_USEC, WATCHDOG_PID } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  if (address === undefined || address === '') return { tell: () => {} };
  let isSilent = false;
  const tell = (message: string) => {
    try {
      send(address, message);
      isSilent = false;
    } catch (error) {
      if (!isSilent) log.warn({ address }, `systemd is not told how the service is: ${errorMessage(error)}`);
      isSilent = true;
    }
  };
  const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  const watchdogMs = Number(WATCHDOG_USEC) / microsecondsPerMs;
  return isOurs && watchdogMs > 0 ? { tell, watchdogMs } : { tell };
}
