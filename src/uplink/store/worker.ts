/** The outbox store's worker. */
import { workerData } from 'node:worker_threads';
import { serveStore } from '../../sqlite/serve-store.ts';
import { realClock } from '../../time/clock.ts';
import { OutboxKeeper } from './outbox-keeper.ts';
import type { OutboxCounts } from './outbox-store.ts';
import type { OutboxOperations, WorkerStart } from './worker-messages.ts';

serveStore<OutboxOperations, OutboxCounts>(
  (tell) => new OutboxKeeper(workerData as WorkerStart, realClock, (trouble) => tell({ trouble })),
);
