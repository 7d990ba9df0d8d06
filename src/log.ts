import { type DestinationStream, destination, type Level, type Logger, pino, stdTimeFunctions } from 'pino';
import { redactCredentials } from './config/redact.ts';
import type { Config } from './config/schema.ts';
import { type Clock, realClock } from './time/clock.ts';

export type Log = Logger;

/** Fields that are never written, wherever they stand in what is logged. */
const secretFields = ['authToken', 'token', 'apiKey', 'api_key', 'authorization', 'cookie', 'password'];

const stderrFd = 2;

/**
 * The log: one JSON object a line on stderr, so that stdout is left for results. Credentials in URLs, whether in a
 * field, a message or a stack, and the fields of secrets are taken out. Lines are written before the call returns:
 * the last ones before an exit are kept.
 */
export function createLog(
  level: Config['log']['level'],
  output: DestinationStream = destination({ dest: stderrFd, sync: true }),
): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '***' },
      hooks: { streamWrite: redactCredentials },
    },
    output,
  );
}

interface Repeated {
  readonly sinceMs: number;
  suppressed: number;
}

/** Subjects that are remembered at a time; beyond them the oldest is forgotten. */
const maxSubjects = 1000;

/**
 * Lines that may come many times a second: of each subject one is written in `windowMs`, with `suppressed` saying how
 * many were left out since the one before.
 */
export class RepeatedLines {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #subjects = new Map<string, Repeated>();

  constructor(log: Log, options: { readonly windowMs?: number; readonly clock?: Clock } = {}) {
    this.#log = log;
    this.#clock = options.clock ?? realClock;
    this.#windowMs = options.windowMs ?? 60_000;
  }

  /** `subject` says which lines count as repeats of each other. */
  write(level: Level, subject: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    const nowMs = this.#clock.monotonicMs();
    const last = this.#subjects.get(subject);
    if (last !== undefined && nowMs - last.sinceMs < this.#windowMs) {
      last.suppressed += 1;
      return;
    }
    this.#remember(subject, nowMs);
    const suppressed = last?.suppressed ?? 0;
    this.#log[level](suppressed > 0 ? { ...fields, suppressed } : fields, message);
  }

  #remember(subject: string, sinceMs: number): void {
    this.#subjects.delete(subject);
    this.#subjects.set(subject, { sinceMs, suppressed: 0 });
    if (this.#subjects.size <= maxSubjects) return;
    const oldest = this.#subjects.keys().next();
    if (!oldest.done) this.#subjects.delete(oldest.value);
  }
}
