/**
 * A worker thread that runs the model: takes batches from its lane of the native pipeline, gives back the outputs.
 * Pictures never pass through JavaScript: the pipeline letterboxes into this worker's tensor and reads the output in
 * place.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Tensor } from 'onnxruntime-node';
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import { type Batch, type NativeInferenceLane, native } from '../native.ts';
import { type LoadedModel, loadSession } from './session.ts';
import type { WorkerMessage, WorkerStart } from './worker-messages.ts';

const start = workerData as WorkerStart;
const channels = 3;

function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

async function work(): Promise<void> {
  const model = await loadSession(start);
  const maxBatch = model.fixedBatch ? 1 : model.chosen.plan.maxBatch;
  const tensor = new Float32Array(maxBatch * start.floatsPerPicture);
  const lane = new native.InferenceLane(start.pipelineId, maxBatch, tensor);
  tell({ type: 'ready', chosen: model.chosen, refused: model.refused });
  for (let batch = await lane.next(); batch !== null; batch = await lane.next()) {
    await runBatch(lane, model, tensor, batch);
  }
  lane.close();
  tell({ type: 'dismissed' });
}

/** A run that fails costs its frames, not the worker. */
async function runBatch(
  lane: NativeInferenceLane,
  { session }: LoadedModel,
  tensor: Float32Array,
  { count, heightPx, widthPx }: Batch,
): Promise<void> {
  try {
    const shape = [count, channels, heightPx, widthPx];
    const input = new Tensor('float32', tensor.subarray(0, count * channels * heightPx * widthPx), shape);
    const results = await session.run({ [start.inputName]: input }, [start.outputName]);
    const output = results[start.outputName];
    if (!(output?.data instanceof Float32Array))
      throw new RoadwatchError('bad-output', 'the model gave no float32 output');
    const [, rows = 0, anchors = 0] = output.dims;
    lane.complete(output.data, rows, anchors);
  } catch (error) {
    lane.fail(errorMessage(error));
  }
}

work().catch((error: unknown) => {
  tell({ type: 'failed', code: errorCode(error), message: errorMessage(error) });
});
