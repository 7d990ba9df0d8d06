/** The store's worker. */
import { workerData } from 'node:worker_threads';
import { serveStore } from '../../sqlite/serve-store.ts';
import { realClock } from '../../time/clock.ts';
import type { StoreStats } from './alert-database.ts';
import { StoreKeeper } from './store-keeper.ts';
import type { StoreOperations, WorkerStart } from './worker-messages.ts';

serveStore<StoreOperations, StoreStats>(
  (tell) =>
    new StoreKeeper(workerData as WorkerStart, realClock, ({ setAside: { path, reason } }) => {
      const message = `${reason}; it was put aside as ${path}, and a new one begun`;
      tell({ trouble: { code: 'store-damaged', message } });
    }),
);
