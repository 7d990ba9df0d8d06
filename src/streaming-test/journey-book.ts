/** How far each detection has come on its way through the topics. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type {
  AssessmentTaskMessage,
  DetectionResultMessage,
  RiskAssessmentResultMessage,
  Topic,
} from '../bus/topics.ts';

export interface StreamingCounts {
  /** Detections. */
  readonly sent: number;
  /** Tasks and results that are to come of them: one of each for each of their groups. */
  readonly expected: number;
  readonly tasks: number;
  readonly results: number;
  /** Detections that are on their way. */
  readonly underWay: number;
  /** Messages that did not come in time, by the topic on which they were expected. */
  readonly missing: Readonly<Record<Topic, number>>;
  /** Messages that came once more: at-least-once delivery allows it. */
  readonly repeats: number;
  /** What went wrong, in a word, and how often. */
  readonly errors: Readonly<Record<string, number>>;
  /** From the sending of a detection to the result of one of its groups. */
  readonly latencyMs: { readonly mean: number; readonly p50: number; readonly p95: number; readonly max: number };
  /** Share of the results expected by now that came without an error; those that may still come are left out. */
  readonly successRate: number;
}

interface Journey {
  readonly cameraId: string;
  readonly sentMs: number;
  readonly groups: number;
  isSeen: boolean;
  readonly tasks: Set<string>;
  readonly results: Set<string>;
}

const microsecondsPerMillisecond = 1000;

/** Times are monotonic. What is under way is remembered until it has arrived or is given up: not longer. */
export class JourneyBook {
  readonly #journeys = new Map<string, Journey>();
  /** Microseconds. */
  readonly #latency: RecordableHistogram = createHistogram();
  readonly #missing: Record<Topic, number> = {
    'detection-results': 0,
    'assessment-tasks': 0,
    'risk-assessment-results': 0,
  };
  readonly #errors = new Map<string, number>();
  #sent = 0;
  #expected = 0;
  #tasks = 0;
  #results = 0;
  #good = 0;
  #repeats = 0;

  get underWay(): number {
    return this.#journeys.size;
  }

  begin({ requestId, cameraId, trafficGroups }: DetectionResultMessage, sentMs: number): void {
    this.#sent += 1;
    this.#expected += trafficGroups.length;
    this.#journeys.set(requestId, {
      cameraId: String(cameraId),
      sentMs,
      groups: trafficGroups.length,
      isSeen: false,
      tasks: new Set(),
      results: new Set(),
    });
  }

  /** The detection never got onto its topic. */
  failToSend(requestId: string): void {
    this.countError('not-sent');
    this.#giveUp(requestId);
  }

  countError(code: string): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  seeDetection(message: DetectionResultMessage, key: string): void {
    const journey = this.#journeyOf(message, key);
    if (journey === undefined) return;
    if (journey.isSeen) this.#repeats += 1;
    journey.isSeen = true;
    this.#endIfComplete(message.requestId, journey);
  }

  seeTask(message: AssessmentTaskMessage, key: string): void {
    const journey = this.#journeyOf(message, key);
    if (journey === undefined || !this.#isFirst(journey.tasks, message.taskId)) return;
    this.#tasks += 1;
    this.#endIfComplete(message.requestId, journey);
  }

  seeResult(message: RiskAssessmentResultMessage, key: string, atMs: number): void {
    const journey = this.#journeyOf(message, key);
    if (journey === undefined || !this.#isFirst(journey.results, message.messageId)) return;
    this.#results += 1;
    this.#latency.record(Math.max(1, Math.round((atMs - journey.sentMs) * microsecondsPerMillisecond)));
    if (message.error === undefined) this.#good += 1;
    else this.countError('assessment-failed');
    this.#endIfComplete(message.requestId, journey);
  }

  /** Gives up what was sent before `sentBeforeMs` and is not through. */
  giveUpSentBefore(sentBeforeMs: number): void {
    for (const [requestId, { sentMs }] of this.#journeys) if (sentMs < sentBeforeMs) this.#giveUp(requestId);
  }

  counts(): StreamingCounts {
    const latency = this.#latency;
    const milliseconds = (value: number) => Math.round(value / 10) / 100;
    const isAny = latency.count > 0;
    let open = 0;
    for (const { groups, results } of this.#journeys.values()) open += Math.max(0, groups - results.size);
    const due = this.#expected - open;
    return {
      sent: this.#sent,
      expected: this.#expected,
      tasks: this.#tasks,
      results: this.#results,
      underWay: this.#journeys.size,
      missing: { ...this.#missing },
      repeats: this.#repeats,
      errors: Object.fromEntries(this.#errors),
      latencyMs: {
        mean: isAny ? milliseconds(latency.mean) : 0,
        p50: isAny ? milliseconds(latency.percentile(50)) : 0,
        p95: isAny ? milliseconds(latency.percentile(95)) : 0,
        max: isAny ? milliseconds(latency.max) : 0,
      },
      successRate: due <= 0 ? 1 : this.#good / due,
    };
  }

  /** The journey that a message belongs to, if it is under way: one that is through may be told of once more. */
  #journeyOf({ requestId, cameraId }: { requestId: string; cameraId: string | number }, key: string) {
    const journey = this.#journeys.get(requestId);
    if (journey === undefined) return undefined;
    if (journey.cameraId === String(cameraId) && journey.cameraId === key) return journey;
    this.countError('wrong-camera');
    return undefined;
  }

  #isFirst(seen: Set<string>, id: string): boolean {
    if (seen.has(id)) this.#repeats += 1;
    const isFirst = !seen.has(id);
    seen.add(id);
    return isFirst;
  }

  #endIfComplete(requestId: string, { isSeen, groups, tasks, results }: Journey): void {
    if (isSeen && tasks.size >= groups && results.size >= groups) this.#journeys.delete(requestId);
  }

  #giveUp(requestId: string): void {
    const journey = this.#journeys.get(requestId);
    if (journey === undefined) return;
    this.#missing['detection-results'] += journey.isSeen ? 0 : 1;
    this.#missing['assessment-tasks'] += Math.max(0, journey.groups - journey.tasks.size);
    this.#missing['risk-assessment-results'] += Math.max(0, journey.groups - journey.results.size);
    this.#journeys.delete(requestId);
  }
}
