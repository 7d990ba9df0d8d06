/** The streaming test on the bus of one process: the real task generator and rules; what is to fail is taken out of the way. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { TaskGenerator } from '../../../src/assess/tasks/task-generator.ts';
import { TaskService } from '../../../src/assess/tasks/task-service.ts';
import type { Bus, MessageHandler, Reader } from '../../../src/bus/bus.ts';
import { MemoryBus } from '../../../src/bus/memory-bus.ts';
import type { AssessmentTaskMessage, MessageOf, RiskAssessmentResultMessage, Topic } from '../../../src/bus/topics.ts';
import { configSchema } from '../../../src/config/schema.ts';
import type { StreamingCounts } from '../../../src/streaming-test/journey-book.ts';
import { runStreamingTest, type StreamingTestOptions } from '../../../src/streaming-test/streaming-test.ts';
import { syntheticPicture } from '../../../src/streaming-test/synthetic-picture.ts';
import { ManualClock } from '../../../src/time/clock.ts';

/** A bus on which messages can be lost, doubled or refused. */
class UnreliableBus implements Bus {
  readonly inner = new MemoryBus({
    onHandlerError: (error) => {
      throw error;
    },
  });
  lose: (topic: Topic, message: MessageOf<Topic>) => boolean = () => false;
  double: (topic: Topic) => boolean = () => false;
  refuse: (topic: Topic) => boolean = () => false;

  async publish<T extends Topic>(topic: T, key: string, message: MessageOf<T>): Promise<void> {
    if (this.refuse(topic)) throw new Error('no broker');
    if (this.lose(topic, message)) return;
    await this.inner.publish(topic, key, message);
    if (this.double(topic)) await this.inner.publish(topic, key, message);
  }

  subscribe<T extends Topic>(topic: T, reader: Reader, handler: MessageHandler<T>): () => void {
    return this.inner.subscribe(topic, reader, handler);
  }

  hasSubscribers(topic: Topic): boolean {
    return this.inner.hasSubscribers(topic);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

const answerMs = 120;

let clock: ManualClock;
let bus: UnreliableBus;
let tasks: AssessmentTaskMessage[];
let progress: { counts: StreamingCounts; elapsedMs: number }[];

beforeEach(() => {
  clock = new ManualClock();
  bus = new UnreliableBus();
  tasks = [];
  progress = [];
  const { risk } = configSchema.parse({});
  const generator = new TaskGenerator({ ...risk, clock, picturesNeeded: () => true, onSkipped: () => {} });
  new TaskService({ bus, generator, observer: { onTasks: () => {} } });
});

function answerTasks(error?: string): void {
  bus.subscribe('assessment-tasks', 'llm-scheduler', (task) => {
    tasks.push(task);
    clock.after(
      answerMs,
      () => void bus.publish('risk-assessment-results', String(task.cameraId), resultOf(task, error)),
    );
  });
}

function resultOf(task: AssessmentTaskMessage, error?: string): RiskAssessmentResultMessage {
  return {
    messageId: `${task.taskId}_result`,
    requestId: task.requestId,
    cameraId: task.cameraId,
    timestamp: task.timestamp,
    results: [],
    hasDangerousDriving: false,
    maxRiskLevel: 'none',
    metadata: { llmLatency: 0, llmModel: '', apiKeyId: null, retryCount: 0 },
    ...(error === undefined ? {} : { error }),
  };
}

/** Runs a test to its end, moving the clock on whenever nothing else is left to do. */
async function run(options: Partial<StreamingTestOptions> = {}): Promise<StreamingCounts> {
  let isOver = false;
  const running = runStreamingTest({
    bus,
    clock,
    mode: 'e2e',
    cameras: 3,
    durationMs: 10_000,
    intervalMs: 1000,
    pictureBytes: 1000,
    readyLimitMs: 5000,
    settleMs: 2000,
    onProgress: (counts, elapsedMs) => progress.push({ counts, elapsedMs }),
    ...options,
  }).finally(() => {
    isOver = true;
  });
  running.catch(() => {});
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!isOver) clock.advance(Math.max(1, clock.untilNextMs() ?? 1));
  }
  return running;
}

const nothingMissing = { 'detection-results': 0, 'assessment-tasks': 0, 'risk-assessment-results': 0 };

describe('e2e', () => {
  test('follows one detection of each camera, two groups each, through all topics', async () => {
    answerTasks();
    expect(await run()).toEqual({
      sent: 3,
      expected: 6,
      tasks: 6,
      results: 6,
      underWay: 0,
      missing: nothingMissing,
      repeats: 0,
      errors: {},
      latencyMs: {
        mean: expect.closeTo(answerMs, 0),
        p50: expect.closeTo(answerMs, 0),
        p95: expect.closeTo(answerMs, 0),
        max: expect.closeTo(answerMs, 0),
      },
      successRate: 1,
    });
    expect(new Set(tasks.map(({ cameraId }) => cameraId)).size).toBe(3);
  });

  test('endangers nobody: rules find nothing in it that an operator would be told', async () => {
    answerTasks();
    await run();
    expect(tasks.map(({ localJudgement }) => localJudgement?.riskLevel)).toEqual(Array(6).fill('none'));
  });

  test('says where a message was lost', async () => {
    answerTasks();
    let lost = 0;
    bus.lose = (topic, message) => {
      if (topic !== 'assessment-tasks' || !String(message.cameraId).endsWith('-2')) return false;
      lost += 1;
      return lost === 1;
    };
    expect(await run()).toMatchObject({
      sent: 3,
      expected: 6,
      tasks: 5,
      results: 5,
      missing: { 'detection-results': 0, 'assessment-tasks': 1, 'risk-assessment-results': 1 },
      successRate: 5 / 6,
    });
  });

  test('misses results where no scheduler runs', async () => {
    expect(await run()).toMatchObject({
      tasks: 6,
      results: 0,
      missing: { ...nothingMissing, 'risk-assessment-results': 6 },
      successRate: 0,
    });
  });

  test('counts repeats as what they are', async () => {
    answerTasks();
    bus.double = (topic) => topic === 'assessment-tasks';
    expect(await run({ cameras: 1 })).toMatchObject({ tasks: 2, results: 2, repeats: 2, missing: nothingMissing });
  });

  test('counts results with an error as received, not as success', async () => {
    answerTasks('the model is gone');
    expect(await run({ cameras: 1 })).toMatchObject({
      results: 2,
      missing: nothingMissing,
      errors: { 'assessment-failed': 2 },
      successRate: 0,
    });
  });

  test('says so where nothing comes back, with the reason', async () => {
    bus.refuse = () => true;
    await expect(run()).rejects.toMatchObject({
      code: 'streaming-not-ready',
      message: expect.stringMatching(/within 5000 ms, nothing came for 3 cameras: internal: no broker/),
    });
  });

  test('sends nothing before the topics are read, and again what was not seen then', async () => {
    answerTasks();
    let isReading = false;
    let early = 0;
    bus.lose = (topic) => {
      if (topic === 'detection-results' && clock.monotonicMs() < 2500) early += 1;
      return clock.monotonicMs() < 2500;
    };
    clock.after(1500, () => {
      isReading = true;
    });
    const counts = await run({ cameras: 2, isReading: () => isReading });
    expect(early).toBe(2);
    expect(counts).toMatchObject({ sent: 2, results: 4, missing: nothingMissing });
  });

  test('does not mix up cameras', async () => {
    bus.subscribe('assessment-tasks', 'llm-scheduler', async (task) => {
      await bus.publish('risk-assessment-results', 'another', resultOf(task));
    });
    expect(await run({ cameras: 1 })).toMatchObject({ results: 0, errors: { 'wrong-camera': 2 } });
  });
});

describe('load', () => {
  test('sends for each camera at its interval for as long as asked, each a new scene', async () => {
    answerTasks();
    const counts = await run({ mode: 'load', cameras: 5, durationMs: 10_000, intervalMs: 1000 });
    expect(counts).toMatchObject({
      sent: 50,
      expected: 50,
      tasks: 50,
      results: 50,
      missing: nothingMissing,
      errors: {},
    });
    const ids = [...new Set(tasks.map(({ cameraId }) => cameraId))];
    const stampsOf = (id: string | number) =>
      tasks.filter(({ cameraId }) => cameraId === id).map(({ timestamp }) => Date.parse(timestamp));
    expect(ids.map((id) => stampsOf(id).length)).toEqual([10, 10, 10, 10, 10]);
    for (const id of ids) {
      const stamps = stampsOf(id);
      for (const [index, stamp] of stamps.slice(1).entries())
        expect(stamp - (stamps[index] ?? 0)).toBeCloseTo(1000, -2);
    }
  });

  test('tells how far it is every five seconds', async () => {
    answerTasks();
    await run({ mode: 'load', cameras: 2, durationMs: 12_000 });
    expect(progress.map(({ elapsedMs }) => Math.round(elapsedMs / 1000))).toEqual([5, 10]);
    expect(progress[0]?.counts).toMatchObject({ sent: 10, successRate: 1 });
  });

  test('what is under way is bounded: what is lost is given up in time', async () => {
    answerTasks();
    bus.lose = (topic) => topic === 'risk-assessment-results';
    const counts = await run({ mode: 'load', cameras: 4, durationMs: 30_000, settleMs: 3000 });
    expect(counts.missing).toEqual({ ...nothingMissing, 'risk-assessment-results': counts.sent });
    for (const { counts: then } of progress) expect(then.underWay).toBeLessThanOrEqual(4 * 4);
  });

  test('ends at once when it is told to', async () => {
    answerTasks();
    const controller = new AbortController();
    clock.after(3050, () => controller.abort());
    const counts = await run({ mode: 'load', cameras: 1, durationMs: 60_000, signal: controller.signal });
    expect(counts.sent).toBeLessThanOrEqual(4);
    expect(clock.monotonicMs()).toBeLessThan(3500);
  });

  test('counts what cannot be sent', async () => {
    answerTasks();
    bus.refuse = (topic) => topic === 'detection-results' && clock.monotonicMs() > 1000;
    const counts = await run({ mode: 'load', cameras: 1, durationMs: 3000 });
    expect(counts.sent).toBe(3);
    expect(counts.errors['not-sent']).toBe(counts.missing['detection-results']);
    expect(counts.errors['not-sent']).toBeGreaterThan(0);
  });
});

test.each([218, 5000, 200_000])('a picture of %i bytes is a JPEG that decoders read', (bytes) => {
  const picture = syntheticPicture(bytes);
  expect(Math.abs(picture.length - bytes)).toBeLessThanOrEqual(4);
  const file = join(tmpdir(), `roadwatch-synthetic-${process.pid}.jpg`);
  writeFileSync(file, picture);
  const probe = ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', file];
  expect(execFileSync('ffprobe', probe, { encoding: 'utf8' }).trim()).toBe('mjpeg,64,48');
  expect(execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-'], { encoding: 'utf8' })).toBe('');
});
