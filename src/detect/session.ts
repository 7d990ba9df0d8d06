/** onnxruntime sessions: loaded with the first execution provider that works, checked against their manifest. */
import { env, InferenceSession } from 'onnxruntime-node';
import { errorMessage, RoadwatchError } from '../errors.ts';
import type { ModelCandidate, RefusedProvider, WorkerStart } from './worker-messages.ts';

export interface LoadedModel {
  readonly session: InferenceSession;
  readonly chosen: ModelCandidate;
  readonly refused: readonly RefusedProvider[];
  /** The graph takes one picture at a time. */
  readonly fixedBatch: boolean;
}

// A provider that does not load is no news on stderr: its reason is in the error, and told by the log and `check`.
env.logLevel = 'fatal';

type SessionDemand = Pick<WorkerStart, 'candidates' | 'inputName' | 'outputName' | 'outputRows' | 'fixedInput'>;

/**
 * Tries the candidates in order. Throws RoadwatchError `no-provider` when none loads, `model-shape` when the graph
 * is not what the manifest says.
 */
export async function loadSession(demand: SessionDemand): Promise<LoadedModel> {
  const refused: RefusedProvider[] = [];
  for (const chosen of demand.candidates) {
    try {
      const session = await InferenceSession.create(chosen.path, {
        executionProviders: [chosen.provider],
        intraOpNumThreads: chosen.plan.threadsPerWorker,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 4,
      });
      return { session, chosen, refused, fixedBatch: checkShapes(session, demand, chosen.path) };
    } catch (error) {
      if (error instanceof RoadwatchError) throw error;
      refused.push({ provider: chosen.provider, reason: errorMessage(error) });
    }
  }
  const reasons = refused.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  throw new RoadwatchError('no-provider', `no execution provider could load the model (${reasons})`);
}

/** True where the graph has a fixed batch of 1. */
function checkShapes(session: InferenceSession, demand: SessionDemand, path: string): boolean {
  const input = describe(session.inputMetadata, demand.inputName, path, 'input');
  const output = describe(session.outputMetadata, demand.outputName, path, 'output');
  if (input.type !== 'float32' || input.shape.length !== 4 || !isOrFree(input.shape[1], 3)) {
    refuse(path, `input ${demand.inputName}`, 'float32 [N, 3, H, W]', input);
  }
  const { fixedInput } = demand;
  for (const [axis, expected] of [
    [2, fixedInput?.heightPx],
    [3, fixedInput?.widthPx],
  ] as const) {
    const side = input.shape[axis];
    if (typeof side === 'number' && side > 0 && side !== expected) {
      refuse(path, `the manifest's input.size to be that of input ${demand.inputName}`, sizeOf(fixedInput), input);
    }
  }
  if (typeof input.shape[0] === 'number' && input.shape[0] > 1) {
    refuse(path, `input ${demand.inputName}`, 'a batch that is free or 1', input);
  }
  if (output.type !== 'float32' || output.shape.length !== 3 || !isOrFree(output.shape[1], demand.outputRows)) {
    refuse(path, `output ${demand.outputName}`, `float32 [N, ${demand.outputRows}, anchors]`, output);
  }
  return input.shape[0] === 1;
}

function describe(
  metadata: readonly InferenceSession.ValueMetadata[],
  name: string,
  path: string,
  kind: 'input' | 'output',
): InferenceSession.TensorValueMetadata {
  const found = metadata.find((value) => value.name === name);
  if (found?.isTensor) return found;
  const names = metadata.map((value) => value.name).join(', ');
  throw new RoadwatchError('model-shape', `${path}: expected a tensor ${kind} "${name}", the graph has: ${names}`);
}

function sizeOf(size: WorkerStart['fixedInput']): string {
  return size === undefined ? 'given (it gives none)' : `${size.heightPx}x${size.widthPx}`;
}

/** Free dimensions are named, not numbered. */
function isOrFree(dimension: number | string | undefined, expected: number): boolean {
  return typeof dimension !== 'number' || dimension < 0 || dimension === expected;
}

function refuse(path: string, what: string, expected: string, found: InferenceSession.TensorValueMetadata): never {
  throw new RoadwatchError(
    'model-shape',
    `${path}: expected ${what} to be ${expected}, the graph has ${found.type} [${found.shape.join(', ')}]`,
  );
}
