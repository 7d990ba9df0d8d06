import { beforeEach, describe, expect, it } from 'vitest';
import { InferencePool, type WorkerEvents } from '../../../src/detect/inference-pool.ts';
import type { ModelCandidate, WorkerStart } from '../../../src/detect/worker-messages.ts';
import { ManualClock } from '../../../src/time/clock.ts';

const cpu: ModelCandidate = {
  provider: 'cpu',
  path: 'm.onnx',
  precision: 'fp32',
  reason: 'test',
  plan: { workers: 2, threadsPerWorker: 1, maxBatch: 1 },
};
const cuda: ModelCandidate = { ...cpu, provider: 'cuda', plan: { ...cpu.plan, workers: 1 } };
const start: WorkerStart = {
  pipelineId: 1,
  floatsPerPicture: 3,
  candidates: [cuda, cpu],
  inputName: 'images',
  outputName: 'output0',
  outputRows: 5,
};

/** A worker thread whose events the test makes. */
interface ScriptedWorker extends WorkerEvents {
  readonly start: WorkerStart;
}

let clock: ManualClock;
let workers: ScriptedWorker[];
let waits: number[];
let causes: string[];
let exhausted: number[];
/** What a new worker does at once. */
let onSpawn: (worker: ScriptedWorker) => void;

beforeEach(() => {
  clock = new ManualClock();
  [workers, waits, causes, exhausted] = [[], [], [], []];
  onSpawn = (worker) => ready(worker);
});

function ready(worker: ScriptedWorker): void {
  worker.onMessage({ type: 'ready', chosen: cpu, refused: [{ provider: 'cuda', reason: 'no driver' }] });
}

function crash(worker: ScriptedWorker | undefined, message = 'out of memory'): void {
  worker?.onError(new Error(message));
  worker?.onExit();
}

function startPool(): Promise<InferencePool> {
  return InferencePool.start(
    start,
    {
      onWorkerLost: (cause, waitMs) => {
        causes.push(cause);
        waits.push(waitMs);
      },
      onWorkersExhausted: (stuck) => exhausted.push(stuck),
    },
    {
      clock,
      spawn: (workerStart, events) => {
        const worker = { start: workerStart, ...events };
        workers.push(worker);
        // A thread tells nothing before it runs.
        queueMicrotask(() => onSpawn(worker));
      },
    },
  );
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a pool', () => {
  it('starts one worker, and the others with the provider that it has chosen', async () => {
    const pool = await startPool();
    expect(workers.map((worker) => worker.start.candidates)).toEqual([[cuda, cpu], [cpu]]);
    expect(pool.chosen).toEqual(cpu);
    expect(pool.refused).toEqual([{ provider: 'cuda', reason: 'no driver' }]);
  });

  it('does not start where a worker cannot load the model', async () => {
    onSpawn = (worker) => {
      worker.onMessage({ type: 'failed', code: 'no-provider', message: 'nothing loads' });
      worker.onExit();
    };
    await expect(startPool()).rejects.toMatchObject({ code: 'no-provider', message: 'nothing loads' });
    clock.advance(600_000);
    expect(workers).toHaveLength(1);
  });

  it('starts with its first worker, and starts another in place of one that cannot join', async () => {
    onSpawn = (worker) => {
      if (workers.length === 1) return ready(worker);
      worker.onMessage({ type: 'failed', code: 'no-provider', message: 'no memory left' });
      worker.onExit();
    };
    await startPool();
    await settle();
    expect(causes).toEqual(['no memory left']);
    onSpawn = ready;
    clock.advance(500);
    expect(workers).toHaveLength(3);
  });

  it('ends when all of its workers have ended, and misses none of them', async () => {
    const pool = await startPool();
    let closed = false;
    const closing = pool.close().then(() => {
      closed = true;
    });
    workers[0]?.onExit();
    await settle();
    expect(closed).toBe(false);
    workers[1]?.onExit();
    await closing;
    clock.advance(600_000);
    expect(workers).toHaveLength(2);
    expect(causes).toEqual([]);
  });
});

describe('a worker that is lost', () => {
  it('is replaced after a moment, and why is told', async () => {
    const pool = await startPool();
    crash(workers[0]);
    expect([causes, waits]).toEqual([['out of memory'], [500]]);
    clock.advance(499);
    expect(workers).toHaveLength(2);
    clock.advance(1);
    expect(workers).toHaveLength(3);
    expect(pool.restarts).toBe(1);
  });

  it('again and again, although it works for a while each time, is replaced ever more rarely', async () => {
    await startPool();
    for (let loss = 0; loss < 9; loss += 1) {
      crash(workers.at(-1));
      clock.advance(waits.at(-1) ?? 0);
      await settle();
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('before it is even ready is replaced ever more rarely, too', async () => {
    await startPool();
    onSpawn = (worker) => {
      worker.onMessage({ type: 'failed', code: 'model-missing', message: 'the disk is gone' });
      worker.onExit();
    };
    crash(workers[0]);
    for (const waitMs of [500, 1000, 2000, 4000, 8000, 16_000, 30_000]) {
      expect(waits.at(-1)).toBe(waitMs);
      clock.advance(waitMs);
      await settle();
    }
    expect(waits.at(-1)).toBe(30_000);
    expect(causes.at(-1)).toBe('the disk is gone');
  });

  it('after five minutes without a loss is replaced at once again', async () => {
    await startPool();
    for (let loss = 0; loss < 4; loss += 1) {
      crash(workers.at(-1));
      clock.advance(waits.at(-1) ?? 0);
      await settle();
    }
    clock.advance(300_000);
    crash(workers.at(-1));
    expect(waits.at(-1)).toBe(500);
  });

  it('is not replaced once the end has come', async () => {
    const pool = await startPool();
    crash(workers[0]);
    pool.expectEnd();
    clock.advance(600_000);
    crash(workers[1]);
    clock.advance(600_000);
    expect(workers).toHaveLength(2);
  });
});

describe('stuck workers', () => {
  it('are replaced together, as one incident', async () => {
    const pool = await startPool();
    pool.replaceStuck(2);
    expect([causes, waits]).toEqual([['its run does not come back'], [500]]);
    clock.advance(500);
    await settle();
    expect(workers).toHaveLength(4);
    expect([pool.stuck, pool.restarts]).toEqual([2, 2]);
  });

  it('that come back after all end without being missed', async () => {
    const pool = await startPool();
    pool.replaceStuck(1);
    clock.advance(500);
    await settle();
    workers[0]?.onMessage({ type: 'dismissed' });
    workers[0]?.onExit();
    clock.advance(600_000);
    expect(workers).toHaveLength(3);
    expect(pool.stuck).toBe(0);
  });

  it('are not replaced without end: each keeps its memory', async () => {
    const pool = await startPool();
    for (let round = 0; round < 10; round += 1) {
      pool.replaceStuck(2);
      clock.advance(30_000);
      await settle();
    }
    // Two of the plan, and four in place of the first four.
    expect(workers).toHaveLength(6);
    expect(exhausted[0]).toBe(6);
  });

  it('that come back make room for those that were not replaced', async () => {
    const pool = await startPool();
    for (let round = 0; round < 3; round += 1) {
      pool.replaceStuck(2);
      clock.advance(30_000);
      await settle();
    }
    expect(workers).toHaveLength(6);
    workers[0]?.onMessage({ type: 'dismissed' });
    workers[0]?.onExit();
    clock.advance(30_000);
    await settle();
    expect(workers).toHaveLength(7);
  });

  it('none of them, changes nothing', async () => {
    const pool = await startPool();
    pool.replaceStuck(0);
    clock.advance(600_000);
    expect(workers).toHaveLength(2);
    expect(causes).toEqual([]);
  });
});
