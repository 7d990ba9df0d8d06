import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Assessment } from '../../../src/assess/assessment.ts';
import { type RunningAssessment, startAssessment } from '../../../src/assess/start-assessment.ts';
import { startTasks } from '../../../src/assess/tasks/start-tasks.ts';
import type { Delivery } from '../../../src/bus/bus.ts';
import { MemoryBus } from '../../../src/bus/memory-bus.ts';
import {
  type AssessmentTaskMessage,
  type DetectionResultMessage,
  detectionResultMessage,
  type RiskAssessmentResultMessage,
} from '../../../src/bus/topics.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { DetectionEvent } from '../../../src/native.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { answered, answerText, ScriptedPool } from '../../support/assessment.ts';
import { detection } from '../../support/fake-engine.ts';

const crop = {
  jpeg: Buffer.from('jpeg'),
  bbox: [0, 8, 102, 72] as const,
  widthPx: 102,
  heightPx: 64,
  differenceHash: '0123456789abcdef',
};

let clock: ManualClock;
let bus: MemoryBus;
let pool: ScriptedPool;
let running: RunningAssessment;
let tasks: AssessmentTaskMessage[];
let results: RiskAssessmentResultMessage[];
const observer = { onTasks: vi.fn(), onSkipped: vi.fn(), onAssessed: vi.fn(), onRepeat: vi.fn(), onError: vi.fn() };

beforeEach(() => {
  for (const heard of Object.values(observer)) heard.mockClear();
  clock = new ManualClock(Date.UTC(2025, 5, 1, 12, 30, 15, 250));
  bus = new MemoryBus({
    onHandlerError: (error) => {
      throw error;
    },
  });
  pool = new ScriptedPool();
  tasks = [];
  results = [];
  bus.subscribe('assessment-tasks', 'onlooker', (message) => void tasks.push(message));
  bus.subscribe('risk-assessment-results', 'onlooker', (message) => void results.push(message));
});
afterEach(() => running.close());

function start({
  withPool = true,
  risk = {},
  llm = {},
}: {
  withPool?: boolean;
  risk?: object;
  llm?: object;
} = {}): void {
  const config = loadConfig({ env: {}, cwd: '/', embedded: { risk, llm: { maxGroupsPerRequest: 1, ...llm } } });
  const assessment = startAssessment({ config, bus, clock, observer, ...(withPool ? { pool } : {}) });
  const making = startTasks({ config, bus, clock, observer, picturesNeeded: () => withPool });
  running = {
    get running() {
      return assessment.running;
    },
    close: () => {
      making.close();
      return assessment.close();
    },
  };
}

/** Lets everything that is ready run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A person and a car, as a camera sees them now. */
async function seen(cameraId: string, overrides: Partial<DetectionEvent> = {}): Promise<DetectionResultMessage> {
  const [group] = detection(cameraId).groups;
  const event = detection(cameraId, {
    capturedAtMs: clock.nowMs(),
    groups: group === undefined ? [] : [{ ...group, crop }],
    ...overrides,
  });
  const message = detectionResultMessage(event, ['person', 'car']);
  await bus.publish('detection-results', cameraId, message);
  await settled();
  return message;
}

describe('with a model', () => {
  beforeEach(() => start());

  test('a detection becomes a task, and the answer the result of its group', async () => {
    const { requestId } = await seen('gate');
    expect(tasks).toHaveLength(1);
    expect(running.running).toBe(1);
    clock.advance(800);
    pool.questions[0]?.reply(answered(answerText({ riskLevel: 'medium', confidence: 0.7, description: 'Too close.' })));
    await settled();
    expect(results).toEqual([
      {
        messageId: `${requestId}_1_result`,
        requestId,
        cameraId: 'gate',
        timestamp: '2025-06-01T12:30:15.250Z',
        results: [
          {
            groupIndex: 1,
            description: 'Too close.',
            riskLevel: 'medium',
            confidence: 0.7,
            riskTypes: expect.any(Array),
            dangerObjectCount: expect.any(Number),
            triggerObjectIds: expect.any(Array),
            source: 'model',
          },
        ],
        hasDangerousDriving: true,
        maxRiskLevel: 'medium',
        metadata: {
          llmLatency: 0.8,
          llmModel: 'qwen-vl-plus',
          apiKeyId: 'k1',
          retryCount: 1,
          llmRawText: expect.stringContaining('Too close.'),
        },
      },
    ]);
    expect(running.running).toBe(0);
    expect(observer.onTasks).toHaveBeenCalledExactlyOnceWith(1);
    expect(observer.onAssessed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining<Partial<Assessment>>({ source: 'model', riskLevel: 'medium' }),
      800,
    );
  });

  test('tasks of one camera do not wait for each other', async () => {
    await seen('gate');
    clock.advance(3000);
    await seen('gate', { objects: detection('gate').objects.map((object) => ({ ...object, confidence: 0.6 })) });
    await seen('yard');
    // The second one of the gate shows the same scene, and waits for the first one's answer.
    expect(running.running).toBe(3);
    expect(pool.questions).toHaveLength(2);
    for (const { reply } of pool.questions) reply(answered(answerText({ riskLevel: 'medium', confidence: 0.7 })));
    await settled();
    expect(results.map(({ results: [risk] }) => risk?.source).toSorted()).toEqual(['cache', 'model', 'model']);
  });

  test('without an answer in time, rules answer by the deadline', async () => {
    await seen('gate');
    clock.advance(5980);
    await settled();
    expect(results).toMatchObject([
      {
        results: [{ source: 'rules' }],
        metadata: { llmLatency: 0, llmModel: '', apiKeyId: null, retryCount: 0, fallbackReason: 'deadline' },
      },
    ]);
  });

  test('groups without a picture are left out', async () => {
    await seen('gate', { groups: detection('gate').groups });
    expect(tasks).toEqual([]);
    expect(observer.onSkipped).toHaveBeenCalledExactlyOnceWith('no-picture', 1);
  });

  test('an end answers by rules what is under way, ends the pool, and takes no more', async () => {
    await seen('gate');
    await seen('yard');
    await running.close();
    await settled();
    expect(results.map(({ metadata }) => metadata.fallbackReason)).toEqual(['cancelled', 'cancelled']);
    expect(running.running).toBe(0);
    expect(pool.closed).toBe(true);
    expect(bus.hasSubscribers('detection-results')).toBe(false);
    await running.close();
  });
});

test('beyond as many tasks as may be under way, rules judge at once', async () => {
  start({ risk: { maxTasks: 2 } });
  for (const cameraId of ['a', 'b', 'c']) await seen(cameraId);
  expect(pool.questions).toHaveLength(2);
  expect(results).toMatchObject([{ cameraId: 'c', metadata: { fallbackReason: 'too-many' } }]);
});

test('without a model, rules judge at once, also without pictures', async () => {
  start({ withPool: false });
  await seen('gate', { groups: detection('gate').groups });
  expect(results).toMatchObject([
    { results: [{ source: 'rules' }], metadata: { fallbackReason: 'rules-alone', llmModel: '' } },
  ]);
});

test('descriptions are in the language that is set', async () => {
  start({ withPool: false, llm: { language: 'en' }, risk: { thresholds: { low: 0, medium: 0.99, high: 1 } } });
  await seen('gate');
  expect(results[0]?.results[0]?.description).toMatch(/[a-z]/i);
});

test('a result that nobody can take is told', async () => {
  start({ withPool: false });
  const publish = bus.publish.bind(bus);
  bus.publish = (topic, key, message) =>
    topic === 'risk-assessment-results' ? Promise.reject(new Error('full')) : publish(topic, key, message);
  await seen('gate');
  expect(observer.onError).toHaveBeenCalledExactlyOnceWith(new Error('full'));
  expect(running.running).toBe(0);
});

describe('a task that comes again', () => {
  beforeEach(() => start());

  const again = (number = 0) => bus.publish('assessment-tasks', 'gate', tasks[number] as AssessmentTaskMessage);

  test('while it is under way is asked once, and answered once', async () => {
    await seen('gate');
    await again();
    expect(pool.questions).toHaveLength(1);
    expect(observer.onRepeat).toHaveBeenCalledOnce();
    pool.questions[0]?.reply(answered(answerText({ riskLevel: 'medium', confidence: 0.7 })));
    await settled();
    expect(results).toHaveLength(1);
  });

  test('after its answer is not asked again', async () => {
    await seen('gate');
    pool.questions[0]?.reply(answered(answerText({ riskLevel: 'medium', confidence: 0.7 })));
    await settled();
    await again();
    await settled();
    expect(pool.questions).toHaveLength(1);
    expect(results).toHaveLength(1);
  });

  test('after another process has answered it is not asked', async () => {
    await seen('yard');
    const [task] = tasks;
    const elsewhere = { ...(task as AssessmentTaskMessage), taskId: 'r9_1', requestId: 'r9' };
    await bus.publish('risk-assessment-results', 'yard', {
      messageId: 'r9_1_result',
      requestId: 'r9',
      cameraId: 'yard',
      timestamp: elsewhere.timestamp,
      results: [],
      hasDangerousDriving: false,
      maxRiskLevel: 'none',
      metadata: { llmLatency: 0, llmModel: '', apiKeyId: null, retryCount: 0 },
    });
    await bus.publish('assessment-tasks', 'yard', elsewhere);
    await settled();
    expect(pool.questions).toHaveLength(1);
    expect(observer.onRepeat).toHaveBeenCalledOnce();
  });
});

test('a task is handled when its result is on the bus, not before', async () => {
  const kept: Promise<unknown>[] = [];
  const delivery: Delivery = { keepUntil: (work) => void kept.push(work) };
  const subscribe = bus.subscribe.bind(bus);
  bus.subscribe = (topic, reader, handler) =>
    subscribe(topic, reader, (message, key) => handler(message, key, delivery));
  start();
  await seen('gate');
  const handled = vi.fn();
  expect(kept).toHaveLength(1);
  void kept[0]?.then(handled);
  await settled();
  expect(handled).not.toHaveBeenCalled();
  pool.questions[0]?.reply(answered(answerText({ riskLevel: 'medium', confidence: 0.7 })));
  await settled();
  expect(results).toHaveLength(1);
  expect(handled).toHaveBeenCalledOnce();
});

test('a prompt that cannot be used is said at the start', () => {
  const config = loadConfig({ env: {}, cwd: '/', embedded: { llm: { promptFile: '/nonexistent.md' } } });
  expect(() => startAssessment({ config, bus, clock, observer, pool })).toThrow(
    expect.objectContaining({ code: 'bad-prompt' }),
  );
  start();
});
