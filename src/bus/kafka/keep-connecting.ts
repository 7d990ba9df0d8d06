import { errorMessage } from '../../errors.ts';
import { DoubledWait } from '../../time/doubled-wait.ts';
import { wait } from '../../time/wait.ts';
import { KafkaFaultError } from './kafka-fault.ts';
import type { KafkaSurroundings } from './kafka-options.ts';
import type { Turns } from './turns.ts';

/** Between two tries. */
const waits = { firstMs: 500, longestMs: 5000 };

export interface ConnectingOptions extends KafkaSurroundings {
  /** Who connects, for the log. */
  readonly name: string;
  /** Each try holds a thread that others need, too: those who share turns try one after the other. */
  readonly turns: Turns;
  /** Ends the tries. */
  readonly signal: AbortSignal;
}

/** Tries until the brokers are there; says so when they are not, and when they are. Nothing where it is to end before. */
export async function keepConnecting<Client>(
  connect: () => Promise<Client>,
  { clock, random, lines, name, turns, signal }: ConnectingOptions,
): Promise<Client | undefined> {
  const pause = new DoubledWait(waits, random);
  let hasFailed = false;
  while (!signal.aborted) {
    try {
      const client = await turns.take(connect);
      if (hasFailed) lines.write('info', `${name} connected`, {}, `${name}: the brokers are there`);
      return client;
    } catch (error) {
      const code = error instanceof KafkaFaultError ? error.fault.name : 'kafka-connect';
      lines.write('warn', `${name} connect`, { code }, `${name}: waits for the brokers: ${errorMessage(error)}`);
    }
    hasFailed = true;
    await wait(clock, pause.next(), signal);
  }
  return undefined;
}
