/** Runs the model again and again for a while, and tells how many frames it managed. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { Tensor } from 'onnxruntime-node';
import { loadSession } from '../detect/session.ts';
import { errorCode, errorMessage } from '../errors.ts';
import type { MeasureMessage, MeasureStart } from './worker-messages.ts';

const start = workerData as MeasureStart;
const warmUpRuns = 2;

function tell(message: MeasureMessage): void {
  parentPort?.postMessage(message);
}

async function measure(): Promise<void> {
  const { session, chosen, fixedBatch } = await loadSession(start);
  const batch = fixedBatch ? 1 : chosen.plan.maxBatch;
  const shape = [batch, 3, start.heightPx, start.widthPx];
  // What is in the picture changes nothing in how long a network takes.
  const input = new Tensor('float32', new Float32Array(shape.reduce((product, side) => product * side, 1)), shape);
  const runOnce = () => session.run({ [start.inputName]: input }, [start.outputName]);
  for (let run = 0; run < warmUpRuns; run += 1) await runOnce();
  const go = parentPort ? once(parentPort, 'message') : Promise.resolve();
  tell({ type: 'ready' });
  await go;
  const startedMs = performance.now();
  let frames = 0;
  while (performance.now() - startedMs < start.seconds * 1000) {
    await runOnce();
    frames += batch;
  }
  tell({ type: 'done', frames, elapsedMs: performance.now() - startedMs });
  parentPort?.close();
}

measure().catch((error: unknown) => {
  tell({ type: 'failed', code: errorCode(error), message: errorMessage(error) });
});
