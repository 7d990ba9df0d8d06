import type { Client } from 'node-rdkafka';
import { isFatal, type KafkaFault } from './kafka-fault.ts';
import type { KafkaLibrary } from './kafka-library.ts';
import type { KafkaSurroundings } from './kafka-options.ts';

/** syslog's severities, as librdkafka has them. */
const severities = { error: 3, notice: 5 } as const;
/** A lost connection is an everyday matter, and said with its reason by a line of the library's log. */
const saidByLog = new Set(['_TRANSPORT', '_RESOLVE']);

interface LibraryLine {
  readonly severity: number;
  readonly fac: string;
  readonly message: string;
}

export interface EventsOptions {
  readonly library: KafkaLibrary;
  /** Who speaks: `kafka sender`, `kafka reader llm-scheduler`. */
  readonly name: string;
  readonly lines: KafkaSurroundings['lines'];
  readonly onFatal?: (fault: KafkaFault) => void;
}

/** Has what a client of the library says of itself written to our log: of each subject a line a minute. */
export function sayEvents<Events extends string>(
  client: Client<Events>,
  { library, name, lines, onFatal }: EventsOptions,
): void {
  const events: NodeJS.EventEmitter = client;
  events.on('event.log', ({ severity, fac, message }: LibraryLine) => {
    const level = severity <= severities.notice ? 'warn' : 'debug';
    lines.write(level, `${name} ${fac}`, { code: `kafka-${fac.toLowerCase()}` }, `${name}: ${message}`);
  });
  events.on('event.error', (error: unknown) => {
    const fault = library.faultOf(error);
    if (isFatal(fault)) onFatal?.(fault);
    if (saidByLog.has(fault.name)) return;
    lines.write('warn', `${name} ${fault.name}`, { code: fault.name }, `${name}: ${fault.words}`);
  });
}
