import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Assessment } from '../../../src/assess/assessment.ts';
import type { AssessmentTask } from '../../../src/assess/assessment-task.ts';
import { GroupRequests } from '../../../src/assess/group-requests.ts';
import { ModelAssessor } from '../../../src/assess/model-assessor.ts';
import type { ModelVerdict } from '../../../src/assess/model-verdict.ts';
import type { UnansweredReason } from '../../../src/assess/pool/model-pool.ts';
import { RiskPrompt } from '../../../src/assess/prompt/risk-prompt.ts';
import { readPromptTemplate } from '../../../src/assess/prompt/template-file.ts';
import { SceneCache } from '../../../src/assess/reuse/scene-cache.ts';
import { RulesAssessor } from '../../../src/assess/rules-assessor.ts';
import { installedPath } from '../../../src/config/installation.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import {
  answered,
  answerText,
  endpoint,
  membersOfLevel,
  ScriptedPool,
  task,
  thresholds,
} from '../../support/assessment.ts';

const maxAgesMs = { none: 15_000, low: 15_000, medium: 5000, high: 0 };
const template = readPromptTemplate(installedPath('config', 'prompts', 'risk.en.md'));
const onError = vi.fn();
let clock: ManualClock;
let pool: ScriptedPool;
let assessor: ModelAssessor;

function create({ maxGroups = 1 } = {}): void {
  onError.mockClear();
  never = new AbortController().signal;
  clock = new ManualClock();
  pool = new ScriptedPool();
  assessor = new ModelAssessor({
    requests: new GroupRequests({
      pool,
      prompt: new RiskPrompt({ template, thresholds, maxAnswerTokens: 400 }),
      thresholds,
      clock,
      maxGroups,
    }),
    rules: new RulesAssessor('en'),
    clock,
    cache: new SceneCache<ModelVerdict>({
      clock,
      limits: { maxHashBits: 6, minIou: 0.8 },
      maxAgeMs: ({ settledLevel }) => maxAgesMs[settledLevel],
    }),
    onError,
  });
}

beforeEach(() => create());

let never: AbortSignal;

/** Lets everything that is ready run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Assesses, with the model saying this. */
async function assessWith(text: string, asked: AssessmentTask = task()): Promise<Assessment> {
  const assessment = assessor.assess(asked, never);
  await settled();
  pool.questions.at(-1)?.reply(answered(text));
  return assessment;
}

describe('the model answers', () => {
  test('and that is the assessment, with all that is known of the call', async () => {
    const text = answerText({
      description: 'The van blocks the <b>view</b>.',
      riskLevel: 'medium',
      confidence: 0.7,
      riskTypes: ['poor_visibility', 'poor_visibility'],
      triggerObjectIds: ['4'],
      dangerObjectCount: 1,
    });
    const asked = task();
    expect(await assessWith(text, asked)).toEqual({
      groupIndex: 1,
      description: 'The van blocks the view .',
      riskLevel: 'medium',
      confidence: 0.7,
      riskTypes: ['poor_visibility'],
      dangerObjectCount: 1,
      triggerObjectIds: [4],
      source: 'model',
      model: 'qwen-vl-plus',
      keyId: 'k1',
      latencyMs: 800,
      retryCount: 1,
      rawText: text,
      rules: asked.judgement,
    });
  });

  test('with a score that does not fit its level: the level counts', async () => {
    expect(await assessWith(answerText({ riskLevel: 'none', confidence: 0.97 }))).toMatchObject({
      riskLevel: 'none',
      confidence: expect.closeTo(0.449, 10),
    });
  });

  test('with none, and reasons nevertheless: there are none', async () => {
    const text = answerText({ riskTypes: ['wrong_way'], triggerObjectIds: [0], dangerObjectCount: 2 });
    expect(await assessWith(text)).toMatchObject({ riskTypes: [], triggerObjectIds: [], dangerObjectCount: 0 });
  });

  test('with more in danger than there are: no more than there are', async () => {
    const text = answerText({ riskLevel: 'low', confidence: 0.5, dangerObjectCount: 99 });
    expect(await assessWith(text)).toMatchObject({ dangerObjectCount: 2 });
  });

  test('without a description: rules have words', async () => {
    expect((await assessWith(answerText({ description: ' \u0000' }))).description).toBe('No danger was found.');
  });

  test('is asked in the order of the rules’ first judgement, before the deadline', async () => {
    void assessor.assess(task({ priority: 'high', deadlineMs: 6000 }), never);
    await settled();
    expect(pool.questions[0]?.request).toMatchObject({ priority: 'high', deadlineMs: 5980 });
  });

  test('and its answer is checked by the pool, too, which may have it mended', async () => {
    void assessor.assess(task(), never);
    await settled();
    const request = pool.questions[0]?.request;
    expect(request?.faultOf(answerText(), endpoint)).toBeUndefined();
    expect(request?.faultOf('safe', endpoint)).toBe('expected one JSON object, found none');
    expect(JSON.stringify(request?.repairBodyFor(endpoint, 'safe', 'no object'))).toContain('no object');
  });
});

describe('never below what was measured', () => {
  test('a lower level is the rules’, and the model’s words are not shown', async () => {
    const asked = task({}, membersOfLevel.high);
    const text = answerText({ description: 'All is well.', confidence: 0.01 });
    const assessment = await assessWith(text, asked);
    expect(assessment).toMatchObject({
      riskLevel: 'high',
      confidence: asked.judgement.score,
      source: 'rules',
      fallbackReason: 'floor',
      model: 'qwen-vl-plus',
      rawText: text,
      riskTypes: ['collision_course', 'closing_speed', 'vulnerable_road_user'],
      triggerObjectIds: [0, 4],
    });
    expect(assessment.description).toMatch(/^A collision is seconds away/);
  });

  test('a higher one is the model’s, with what was measured beside it', async () => {
    const asked = task({}, membersOfLevel.low);
    const text = answerText({ riskLevel: 'high', confidence: 0.85, riskTypes: ['wrong_way'], dangerObjectCount: 1 });
    expect(await assessWith(text, asked)).toMatchObject({
      riskLevel: 'high',
      confidence: 0.85,
      source: 'model',
      riskTypes: ['wrong_way', 'close_proximity', 'vulnerable_road_user'],
      triggerObjectIds: [0, 4],
      dangerObjectCount: 2,
    });
  });

  test('the same level keeps the higher score', async () => {
    const asked = task({}, membersOfLevel.medium);
    const assessment = await assessWith(answerText({ riskLevel: 'medium', confidence: 0.66 }), asked);
    expect(assessment.confidence).toBe(asked.judgement.score);
  });
});

describe('rules judge', () => {
  test.each<UnansweredReason>([
    'no-key',
    'deadline',
    'budget',
    'queue-full',
    'bad-request',
    'invalid-answer',
    'failed',
    'cancelled',
  ])('where the pool has no answer: %s', async (reason) => {
    pool.replyTo = () => ({ outcome: 'unanswered', reason, attempts: 2, lastKeyId: 'k2', message: 'in words' });
    expect(await assessor.assess(task({}, membersOfLevel.medium), never)).toMatchObject({
      source: 'rules',
      fallbackReason: reason,
      riskLevel: 'medium',
      model: '',
      keyId: 'k2',
      retryCount: 1,
    });
  });

  test('where the answer that came is none', async () => {
    expect(await assessWith('I am sorry.')).toMatchObject({
      source: 'rules',
      fallbackReason: 'invalid-answer',
      rawText: 'I am sorry.',
    });
  });

  test('where there is no picture to show: nobody is asked', async () => {
    const { picture: _, ...bare } = task();
    expect(await assessor.assess(bare, never)).toMatchObject({ source: 'rules', fallbackReason: 'no-picture' });
    expect(pool.questions).toHaveLength(0);
  });

  test('at the deadline, whatever the pool does; its call is cancelled', async () => {
    const assessment = assessor.assess(task({ deadlineMs: 6000 }), never);
    await settled();
    clock.advance(5979);
    expect(pool.questions[0]?.signal?.aborted).toBe(false);
    clock.advance(1);
    expect(await assessment).toMatchObject({ source: 'rules', fallbackReason: 'deadline' });
    expect(pool.questions[0]?.signal?.aborted).toBe(true);
  });

  test('at once where the deadline has passed: nobody is asked', async () => {
    clock.advance(6000);
    expect(await assessor.assess(task({ deadlineMs: 6000 }), never)).toMatchObject({ fallbackReason: 'deadline' });
    expect(pool.questions).toHaveLength(0);
  });

  test('at once when the service ends', async () => {
    const stop = new AbortController();
    const assessment = assessor.assess(task(), stop.signal);
    await settled();
    stop.abort();
    expect(await assessment).toMatchObject({ source: 'rules', fallbackReason: 'cancelled' });
    expect(pool.questions[0]?.signal?.aborted).toBe(true);
    expect(await assessor.assess(task(), stop.signal)).toMatchObject({ fallbackReason: 'cancelled' });
    expect(pool.questions).toHaveLength(1);
  });

  test('where the pool breaks its word and throws; that is told', async () => {
    pool.ask = () => Promise.reject(new Error('broken'));
    expect(await assessor.assess(task(), never)).toMatchObject({ source: 'rules', fallbackReason: 'error' });
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('broken'));
  });
});

describe('the same scene', () => {
  const low = answerText({ riskLevel: 'low', confidence: 0.5, riskTypes: ['tailgating'], triggerObjectIds: [4] });

  test('is not asked about twice while its answer may stand; tokens saved are told', async () => {
    await assessWith(low);
    clock.advance(14_999);
    const [car, other] = task().members;
    const later = {
      ...task({ taskId: 'r2_1' }),
      members: [
        { ...other, id: 7 },
        { ...car, id: 9 },
      ] as never,
    };
    expect(await assessor.assess({ ...later, deadlineMs: 99_000 }, never)).toMatchObject({
      source: 'cache',
      riskLevel: 'low',
      riskTypes: ['tailgating'],
      triggerObjectIds: [7],
      model: 'qwen-vl-plus',
      keyId: undefined,
      latencyMs: 0,
      retryCount: 0,
      tokensSaved: 1300,
    });
    expect(pool.questions).toHaveLength(1);
  });

  test('is asked about anew when the answer is too old: sooner for one of medium risk', async () => {
    await assessWith(answerText({ riskLevel: 'medium', confidence: 0.7 }));
    clock.advance(5000);
    expect(await assessWith(low, task({ deadlineMs: 99_000 }))).toMatchObject({ source: 'model', riskLevel: 'low' });
    clock.advance(15_000);
    expect(await assessWith(low, task({ deadlineMs: 99_000 }))).toMatchObject({ source: 'model' });
  });

  test('of high risk is always asked about anew', async () => {
    await assessWith(answerText({ riskLevel: 'high', confidence: 0.9 }));
    expect(await assessWith(low)).toMatchObject({ source: 'model', riskLevel: 'low' });
  });

  test('that rules find more dangerous than the answer is asked about anew', async () => {
    await assessWith(low, task());
    const worse = { ...task(), judgement: task({}, membersOfLevel.medium).judgement };
    expect(await assessWith(low, worse)).toMatchObject({ source: 'rules', fallbackReason: 'floor' });
    expect(pool.questions).toHaveLength(2);
  });

  test('whose answer was below what was measured is not asked about again, either', async () => {
    const measured = task({}, membersOfLevel.low);
    await assessWith(answerText(), measured);
    expect(await assessor.assess(measured, never)).toMatchObject({
      source: 'rules',
      fallbackReason: 'floor',
      riskLevel: 'low',
      keyId: undefined,
      tokensSaved: 1300,
    });
    expect(pool.questions).toHaveLength(1);
  });

  test('is not asked about twice at a time: others wait for the same answer', async () => {
    const first = assessor.assess(task(), never);
    await settled();
    const second = assessor.assess(task({ taskId: 'r2_1' }), never);
    await settled();
    expect(pool.questions).toHaveLength(1);
    pool.questions[0]?.reply(answered(answerText({ riskLevel: 'high', confidence: 0.9 })));
    expect(await first).toMatchObject({ source: 'model', riskLevel: 'high' });
    expect(await second).toMatchObject({ source: 'cache', riskLevel: 'high', tokensSaved: 1300 });
  });

  test('asked about in vain leaves the others to the rules; the next one asks', async () => {
    const first = assessor.assess(task(), never);
    await settled();
    const second = assessor.assess(task(), never);
    await settled();
    pool.questions[0]?.reply({ outcome: 'unanswered', reason: 'failed', attempts: 3, message: 'down' });
    expect(await first).toMatchObject({ fallbackReason: 'failed' });
    expect(await second).toMatchObject({ source: 'rules', fallbackReason: 'same-scene' });
    expect(await assessWith(low)).toMatchObject({ source: 'model' });
  });

  test('keeps nobody beyond his own deadline', async () => {
    void assessor.assess(task({ deadlineMs: 6000 }), never);
    await settled();
    const hurried = assessor.assess(task({ deadlineMs: 3000 }), never);
    await settled();
    clock.advance(2980);
    expect(await hurried).toMatchObject({ source: 'rules', fallbackReason: 'deadline' });
    expect(pool.questions[0]?.signal?.aborted).toBe(false);
  });

  test('that is urgent waits for nobody', async () => {
    void assessor.assess(task({}, membersOfLevel.high), never);
    await settled();
    void assessor.assess(task({}, membersOfLevel.high), never);
    await settled();
    expect(pool.questions).toHaveLength(2);
  });
});

describe('groups of one frame', () => {
  const group = (groupIndex: number, overrides: Partial<AssessmentTask> = {}) =>
    task({
      taskId: `r1_${groupIndex}`,
      groupIndex,
      picture: {
        jpegBase64: `/9j/${groupIndex}`,
        bbox: [0, 0, 100, 100],
        differenceHash: String(groupIndex).repeat(16),
      },
      ...overrides,
    });
  const answerFor = (...groups: number[]) =>
    JSON.stringify({
      results: groups.map(
        (groupIndex) => JSON.parse(answerText({ groupIndex, description: `Group ${groupIndex}.` })).results[0],
      ),
    });

  test('share a call, and each gets its own answer and its part of the tokens', async () => {
    create({ maxGroups: 4 });
    const assessments = [1, 2, 3].map((index) => assessor.assess(group(index), never));
    await settled();
    expect(pool.questions).toHaveLength(0);
    clock.advance(0);
    expect(pool.questions).toHaveLength(1);
    pool.questions[0]?.reply(answered(answerFor(2, 1, 3)));
    const descriptions = (await Promise.all(assessments)).map(({ description }) => description);
    expect(descriptions).toEqual(['Group 1.', 'Group 2.', 'Group 3.']);
    expect(await assessor.assess(group(2), never)).toMatchObject({ source: 'cache', tokensSaved: 433 });
  });

  test('are asked about in several calls where they are too many, or of several priorities or frames', async () => {
    create({ maxGroups: 2 });
    for (const index of [1, 2, 3]) void assessor.assess(group(index), never);
    void assessor.assess(group(4, { priority: 'high' }), never);
    void assessor.assess(group(5, { requestId: 'r2' }), never);
    await settled();
    expect(pool.questions).toHaveLength(1);
    clock.advance(0);
    expect(pool.questions).toHaveLength(4);
  });

  test('are cancelled when all of them are, not before', async () => {
    create({ maxGroups: 2 });
    const stops = [new AbortController(), new AbortController()];
    const assessments = stops.map((stop, index) => assessor.assess(group(index + 1), stop.signal));
    await settled();
    stops[0]?.abort();
    expect(await assessments[0]).toMatchObject({ fallbackReason: 'cancelled' });
    expect(pool.questions[0]?.signal?.aborted).toBe(false);
    stops[1]?.abort();
    expect(await assessments[1]).toMatchObject({ fallbackReason: 'cancelled' });
    expect(pool.questions[0]?.signal?.aborted).toBe(true);
  });

  test('that were withdrawn before the call take no others along', async () => {
    create({ maxGroups: 4 });
    const stop = new AbortController();
    const withdrawn = assessor.assess(group(1), stop.signal);
    await settled();
    stop.abort();
    await withdrawn;
    const other = assessor.assess(group(2), never);
    await settled();
    clock.advance(0);
    const live = pool.questions.filter(({ signal }) => signal?.aborted === false);
    expect(live).toHaveLength(1);
    live[0]?.reply(answered(answerFor(2)));
    expect(await other).toMatchObject({ source: 'model', description: 'Group 2.' });
  });
});
