/** The store's worker. */
import { workerData } from 'node:worker_threads';
import { serveStore } from '../../sqlite/serve-store.ts';
import { realClock } from '../../time/clock.ts';
import { AuthKeeper } from './auth-keeper.ts';
import type { StoreOperations, WorkerStart } from './worker-messages.ts';

serveStore<StoreOperations, undefined>(
  (tell) =>
    new AuthKeeper(workerData as WorkerStart, realClock, (message) => {
      tell({ trouble: { code: 'store-damaged', message } });
    }),
);
