/** Tasks, and a pool that answers what a test tells it to. */
import type { AssessmentTask } from '../../src/assess/assessment-task.ts';
import type { PoolLoad } from '../../src/assess/pool/key-pool.ts';
import type { EndpointInfo, KeyState, ModelPool, ModelReply, ModelRequest } from '../../src/assess/pool/model-pool.ts';
import { judgeLocally } from '../../src/assess/rules/local-judgement.ts';
import type { RoadUser } from '../../src/assess/rules/road-user.ts';
import { moving, standing } from './scenes.ts';

export const thresholds = { low: 0.45, medium: 0.65, high: 0.8 };

export const endpoint: EndpointInfo = { id: 'e', model: 'qwen-vl-plus', structuredOutput: 'json_object' };

/** Members whom rules find of a level. */
export const membersOfLevel: Readonly<Record<'none' | 'low' | 'medium' | 'high', readonly RoadUser[]>> = {
  none: [standing(0, 'car', { x: 0, z: 0 }), standing(4, 'car', { x: 5, z: 0 })],
  low: [standing(0, 'car', { x: 0, z: 0 }), standing(4, 'person', { x: 3.3, z: 0 })],
  medium: approaching(12.3),
  high: approaching(7.3),
};

function approaching(distance: number): RoadUser[] {
  return [moving(0, 'car', { x: 0, z: 0 }, { x: 5, z: 0 }), moving(4, 'person', { x: distance, z: 0 }, { x: 0, z: 0 })];
}

/** A task with a picture; rules find its members harmless unless others are given. */
export function task(
  overrides: Partial<AssessmentTask> = {},
  members: readonly RoadUser[] = membersOfLevel.none,
): AssessmentTask {
  return {
    taskId: 'r1_1',
    requestId: 'r1',
    cameraId: 'gate',
    timestamp: '2025-01-01T00:00:00.000Z',
    groupIndex: 1,
    members: members.map(({ id, class: className, bbox }) => ({ id, class: className, bbox, confidence: 0.9 })),
    picture: { jpegBase64: '/9j/AAAA', bbox: [700, 300, 1700, 520], differenceHash: '0123456789abcdef' },
    priority: 'low',
    deadlineMs: 6000,
    judgement: judgeLocally(members, thresholds),
    ...overrides,
  };
}

/** What a model would write for one group. */
export function answerText(overrides: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    results: [
      {
        groupIndex: 1,
        description: 'Two cars stand in a queue.',
        riskTypes: [],
        triggerObjectIds: [],
        dangerObjectCount: 0,
        riskLevel: 'none',
        confidence: 0.1,
        ...overrides,
      },
    ],
  });
}

export function answered(text: string): ModelReply {
  return {
    outcome: 'answered',
    text,
    model: 'qwen-vl-plus',
    endpointId: 'e',
    keyId: 'k1',
    latencyMs: 800,
    attempts: 2,
    hedged: false,
    usage: { promptTokens: 1200, answerTokens: 100, cachedTokens: 0 },
  };
}

interface Question {
  readonly request: ModelRequest;
  readonly signal: AbortSignal | undefined;
  readonly reply: (reply: ModelReply) => void;
}

/** A key that is ready and was not used yet. */
export function keyState(overrides: Partial<KeyState> = {}): KeyState {
  return {
    id: 'k1',
    group: 'k1',
    endpoint: 'e',
    model: 'qwen-vl-plus',
    condition: 'ready',
    words: 'ready',
    inFlight: 0,
    limit: 2,
    calls: 0,
    successes: 0,
    refusals: 0,
    failures: 0,
    tokensToday: 0,
    ...overrides,
  };
}

/** A pool where nothing happens. */
export const calmLoad: PoolLoad = {
  queued: 0,
  maxQueued: 512,
  inFlight: 0,
  maxInFlight: 50,
  spent: { day: 20_089, tokens: 0 },
  countedSinceMs: Date.UTC(2025, 0, 1),
  tokensPerDay: undefined,
  isBudgetShort: false,
};

/** Holds every question until the test replies, or replies at once with what `replyTo` gives. */
export class ScriptedPool implements ModelPool {
  readonly questions: Question[] = [];
  replyTo: ((request: ModelRequest) => ModelReply | undefined) | undefined;
  closed = false;

  ask(request: ModelRequest, signal?: AbortSignal): Promise<ModelReply> {
    return new Promise((reply) => {
      this.questions.push({ request, signal, reply });
      const now = this.replyTo?.(request);
      if (now !== undefined) reply(now);
    });
  }

  keys(): readonly KeyState[] {
    return [keyState()];
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
