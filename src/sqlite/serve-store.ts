/** The worker's side of a store: takes whatever waits for it at once, so that it goes into one commit. */
import { parentPort, receiveMessageOnPort, type Transferable } from 'node:worker_threads';
import { errorCode, errorMessage } from '../errors.ts';
import type { Operations, StoreAnswer, StoreRequest, WorkerMessage } from './worker-messages.ts';

/** Requests of one batch: a flood is cut, so that the first answers come soon. */
const maxBatch = 256;

/** What a worker serves with. It opens its file when it is first needed. */
export interface Keeper<Known extends Operations, Stats> {
  /** Throws RoadwatchError where the file cannot be opened; it is tried again when something is asked. */
  open(): unknown;
  /** Answers all requests, in their order. */
  handle(requests: readonly StoreRequest<Known>[]): readonly StoreAnswer<Stats>[];
  /** What the store tells of itself before it is asked anything. */
  stats?(): Stats | undefined;
  /** Memory in this answer that may be handed over instead of being copied. */
  transferable?(answer: unknown): readonly Transferable[];
}

export type Tell<Stats> = (message: WorkerMessage<Stats>) => void;

/** To be called once by the worker's file. `keeperFor` is given what sends a message to the store at once. */
export function serveStore<Known extends Operations, Stats>(
  keeperFor: (tell: Tell<Stats>) => Keeper<Known, Stats>,
): void {
  const port = parentPort;
  if (port === null) throw new Error('expected to run in a worker');
  const tell: Tell<Stats> = (message) => port.postMessage(message);
  const keeper = keeperFor(tell);
  port.on('message', (first: StoreRequest<Known>) => {
    const requests = [first];
    while (requests.length < maxBatch) {
      const waiting = receiveMessageOnPort(port);
      if (waiting === undefined) break;
      requests.push(waiting.message as StoreRequest<Known>);
    }
    for (const answer of keeper.handle(requests)) {
      const memory = 'answer' in answer ? (keeper.transferable?.(answer.answer) ?? []) : [];
      port.postMessage(answer, memory);
    }
    if (requests.some(({ name }) => name === 'close')) port.close();
  });
  tell({ opened: true, ...openedBy(keeper) });
}

function openedBy<Known extends Operations, Stats>(keeper: Keeper<Known, Stats>) {
  try {
    keeper.open();
    const stats = keeper.stats?.();
    return stats === undefined ? {} : { stats };
  } catch (error) {
    return { fault: { code: errorCode(error), message: errorMessage(error) } };
  }
}
