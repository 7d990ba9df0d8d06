/** The store's worker: takes whatever waits for it at once, so that it goes into one commit. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { errorCode, errorMessage } from '../../errors.ts';
import { realClock } from '../../time/clock.ts';
import { StoreKeeper } from './store-keeper.ts';
import type { StoreRequest, WorkerMessage, WorkerStart } from './worker-messages.ts';

/** Requests of one batch: a flood is cut, so that the first answers come soon. */
const maxBatch = 256;

const port = parentPort;
if (port === null) throw new Error('expected to run in a worker');
const tell = (message: WorkerMessage) => port.postMessage(message);
const keeper = new StoreKeeper(workerData as WorkerStart, realClock, tell);

port.on('message', (first: StoreRequest) => {
  const requests = [first];
  while (requests.length < maxBatch) {
    const waiting = receiveMessageOnPort(port);
    if (waiting === undefined) break;
    requests.push(waiting.message as StoreRequest);
  }
  for (const answer of keeper.handle(requests)) tell(answer);
  if (requests.some(({ name }) => name === 'close')) port.close();
});

try {
  keeper.open();
  tell({ opened: true });
} catch (error) {
  tell({ opened: true, fault: { code: errorCode(error), message: errorMessage(error) } });
}
