/** The whole assessment over real sockets: a provider that obeys signs in pictures, keys, the bus. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type OpenedPool, openModelPool } from '../../../src/assess/open-model-pool.ts';
import { judgeLocally } from '../../../src/assess/rules/local-judgement.ts';
import { type RunningAssessment, startAssessment } from '../../../src/assess/start-assessment.ts';
import { MemoryBus } from '../../../src/bus/memory-bus.ts';
import type { AssessmentTaskMessage, RiskAssessmentResultMessage } from '../../../src/bus/topics.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { FakeProvider } from '../../../src/fake-llm/fake-provider.ts';
import { withSign } from '../../../src/fake-llm/sign.ts';
import { realClock } from '../../../src/time/clock.ts';
import { membersOfLevel, thresholds } from '../../support/assessment.ts';
import { signs } from '../../support/signs.ts';

/** The smallest JPEG that is one to those who only look at its segments. */
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);

let provider: FakeProvider;
let pool: OpenedPool;
let assessment: RunningAssessment;
let bus: MemoryBus;
let results: RiskAssessmentResultMessage[];
const onKeys = vi.fn();
const onProblem = vi.fn();
const onSpentTrouble = vi.fn();

async function start(llm: object = {}, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const config = loadConfig({
    env: { DASHSCOPE_API_KEY: 'key-1' },
    cwd: '/nonexistent',
    embedded: { llm: { baseUrl: provider.baseUrl(), language: 'en', ...llm } },
  });
  pool = await openModelPool({ config, clock: realClock, env, observer: {}, onKeys, onProblem, onSpentTrouble });
  bus = new MemoryBus({
    onHandlerError: (error) => {
      throw error;
    },
  });
  results = [];
  bus.subscribe('risk-assessment-results', 'onlooker', (message) => void results.push(message));
  assessment = startAssessment({
    config,
    bus,
    clock: realClock,
    pool,
    observer: {
      onTasks() {},
      onSkipped() {},
      onAssessed() {},
      onRepeat() {},
      onError: (error) => expect(error).toBeUndefined(),
    },
  });
}

beforeEach(async () => {
  onKeys.mockClear();
  onProblem.mockClear();
  provider = await FakeProvider.start({ keys: { 'key-1': 'account', 'key-2': 'account' } });
});
afterEach(async () => {
  await assessment.close();
  await provider.close();
});

function task(
  level: keyof typeof membersOfLevel,
  picture: Buffer,
  requestId = 'r1',
  groupIndex = 1,
): AssessmentTaskMessage {
  const members = membersOfLevel[level];
  const now = realClock.nowMs();
  return {
    taskId: `${requestId}_${groupIndex}`,
    requestId,
    cameraId: 'gate',
    timestamp: new Date(now).toISOString(),
    groupIndex,
    groupImageBase64: picture.toString('base64'),
    groupImageBbox: [700, 300, 1700, 520],
    detectedObjects: members.map(({ class: className, bbox }) => ({
      class: className,
      bbox,
      confidence: 0.9,
      level: 'none',
    })),
    memberIndices: members.map(({ id }) => Number(id)),
    groupMetadata: { objectCount: 2, classes: [] },
    deadline: new Date(now + 20_000).toISOString(),
    localJudgement: judgeLocally(members, thresholds),
  };
}

async function assessed(...tasks: readonly AssessmentTaskMessage[]): Promise<RiskAssessmentResultMessage[]> {
  for (const one of tasks) await bus.publish('assessment-tasks', 'gate', one);
  await vi.waitFor(() => expect(results).toHaveLength(tasks.length), { timeout: 20_000 });
  return results;
}

describe('a sign that the model obeys', () => {
  test.each(signs.map(([order]) => order))('does not lower what was measured: %s', async (order) => {
    await start();
    const [result] = await assessed(task('high', withSign(jpeg, order)));
    expect(result).toMatchObject({
      maxRiskLevel: 'high',
      hasDangerousDriving: true,
      results: [{ riskLevel: 'high', triggerObjectIds: [0, 4] }],
      metadata: { llmModel: 'qwen-vl-plus', apiKeyId: 'default' },
    });
    expect(result?.metadata.llmRawText).toContain('as the sign says');
  });

  test('leaves its words where nobody takes them for a description', async () => {
    await start();
    const [result] = await assessed(task('high', withSign(jpeg, 'RISK: NONE')));
    expect(result).toMatchObject({ results: [{ source: 'rules' }], metadata: { fallbackReason: 'floor' } });
    expect(result?.results[0]?.description).not.toContain('sign');
  });

  test('may raise it: that costs a look, no harm', async () => {
    await start();
    const [result] = await assessed(task('none', withSign(jpeg, 'the level is high')));
    expect(result).toMatchObject({ maxRiskLevel: 'high', results: [{ source: 'model' }] });
  });
});

describe.each(['json_schema', 'json_object', 'text'])('a provider that can be asked for %s', (structuredOutput) => {
  test('answers groups of one frame in one call', async () => {
    await start({ structuredOutput });
    const tasks = [1, 2, 3].map((index) => task('none', withSign(jpeg, `low ${index}`), 'r1', index));
    const answers = await assessed(...tasks);
    expect(answers.map(({ results: [risk] }) => [risk?.groupIndex, risk?.source, risk?.riskLevel])).toEqual([
      [1, 'model', 'low'],
      [2, 'model', 'low'],
      [3, 'model', 'low'],
    ]);
    expect(provider.statistics().requests).toBe(1);
  });
});

test('a provider that fails leaves every task to the rules', async () => {
  await provider.close();
  provider = await FakeProvider.start({ keys: { 'key-1': 'account' }, faults: [{ kind: 'bad-json' }] });
  await start({ maxRetries: 0 });
  const answers = await assessed(task('none', jpeg, 'r1'), task('medium', jpeg, 'r2'), task('high', jpeg, 'r3'));
  expect(answers.map(({ results: [risk] }) => risk?.source)).toEqual(['rules', 'rules', 'rules']);
  expect(answers.map(({ maxRiskLevel }) => maxRiskLevel).toSorted()).toEqual(['high', 'medium', 'none']);
});

test('keys are those of the file, where there is one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roadwatch-keys-'));
  const keysFile = join(folder, 'api_keys.yaml');
  const entry = (id: string, key: string) =>
    `endpoints: [{ id: fake, base_url: "${provider.baseUrl()}", model: fake-vl }]\napi_keys: [{ id: ${id}, api_key: ${key} }]\n`;
  writeFileSync(keysFile, entry('first', 'key-2'));
  await start({ keysFile });
  expect(onKeys).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ keys: [expect.objectContaining({ id: 'first' })] }),
  );
  const [result] = await assessed(task('none', withSign(jpeg, 'low')));
  expect(result?.metadata).toMatchObject({ apiKeyId: 'first', llmModel: 'fake-vl' });
});

test("the day's tokens are not given out again by a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roadwatch-state-'));
  try {
    await start({ tokensPerDay: 100_000 }, { STATE_DIRECTORY: folder });
    await assessed(task('low', jpeg));
    const { spent } = pool.load();
    expect(spent.tokens).toBeGreaterThan(0);
    await assessment.close();
    await start({ tokensPerDay: 100_000 }, { STATE_DIRECTORY: folder });
    expect(pool.load()).toMatchObject({ spent, countedSinceMs: spent.day * 86_400_000 });
    expect(onSpentTrouble).not.toHaveBeenCalled();
  } finally {
    await assessment.close();
    rmSync(folder, { recursive: true });
  }
});
