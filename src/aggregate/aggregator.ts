/**
 * Joins detections with the assessments of their groups, in whatever order they come. Each group's assessment is handed on
 * at once, with what the detection knows of it; the whole when the last has come or the time is up. Runs on the event
 * loop; what waits is bounded in number and bytes, and what must make room is counted. A message is handled when the join that it
 * is part of has been taken by whoever is told of it.
 */
import type { Bus } from '../bus/bus.ts';
import { RecentIds } from '../bus/recent-ids.ts';
import type { DetectionResultMessage, RiskAssessmentResultMessage } from '../bus/topics.ts';
import type { Clock } from '../time/clock.ts';
import type { AssessedDetection, GroupAssessment, JoinOutcome } from './assessed.ts';
import { type Completion, completion } from './completion.ts';
import { groupAssessment, PendingDetection } from './pending-detection.ts';

/** Message ids that are remembered, to know a repeat. */
const rememberedIds = 20_000;

export interface AggregatorOptions {
  readonly clock: Clock;
  /** How long a detection waits for the results of its groups. */
  readonly waitMs?: number;
  /** How long a result waits for its detection, which comes by another topic. */
  readonly detectionWaitMs?: number;
  /** Detections that may wait at a time. */
  readonly maxPending?: number;
  /** Bytes of pictures that they may hold. */
  readonly maxPictureBytes?: number;
  /** Messages count as handled when what this and `onDetection` give of them has resolved; neither may reject. */
  readonly onGroup: (assessment: GroupAssessment) => void | Promise<void>;
  readonly onDetection: (detection: AssessedDetection, outcome: JoinOutcome) => void | Promise<void>;
}

/** A result that came before its detection. */
interface EarlyResult {
  readonly message: RiskAssessmentResultMessage;
  readonly dueMs: number;
  readonly joined: Completion;
}

export interface AggregatorStats {
  /** Detections that wait for results. */
  readonly pending: number;
  readonly pictureBytes: number;
  /** Detections whose pictures were let go to bound memory. */
  readonly picturesDropped: number;
  /** Messages that had come before. */
  readonly repeats: number;
}

/** What one that has read nothing tells, for a process without any. */
export const nothingJoined: AggregatorStats = { pending: 0, pictureBytes: 0, picturesDropped: 0, repeats: 0 };

export class Aggregator {
  readonly #options: Required<AggregatorOptions>;
  /** Oldest first. */
  readonly #pending = new Map<string, PendingDetection>();
  readonly #early = new Map<string, EarlyResult>();
  /** By request: handed on, and not taken yet by whoever is told. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #seen = new RecentIds(rememberedIds);
  #pictureBytes = 0;
  #picturesDropped = 0;
  #repeats = 0;
  #cancelTimer: (() => void) | undefined;
  readonly #leave: (() => void)[] = [];

  constructor(options: AggregatorOptions) {
    this.#options = {
      waitMs: 30_000,
      detectionWaitMs: 2000,
      maxPending: 5000,
      maxPictureBytes: 64 * 1_048_576,
      ...options,
    };
  }

  /** Reads both topics from now on. What is not joined yet when the process ends is delivered again to its successor. */
  read(bus: Bus): void {
    this.#leave.push(
      bus.subscribe('detection-results', 'result-aggregator', (message, _key, delivery) =>
        delivery.keepUntil(this.addDetection(message)),
      ),
      bus.subscribe('risk-assessment-results', 'result-aggregator', (message, _key, delivery) =>
        delivery.keepUntil(this.addResult(message)),
      ),
    );
  }

  stats(): AggregatorStats {
    return {
      pending: this.#pending.size,
      pictureBytes: this.#pictureBytes,
      picturesDropped: this.#picturesDropped,
      repeats: this.#repeats,
    };
  }

  /** Resolves when the detection has been handed on, and taken. */
  addDetection(message: DetectionResultMessage): Promise<void> {
    const { clock, waitMs } = this.#options;
    if (!this.#isNew(`detection ${message.requestId}`)) return this.#handedOn(message.requestId);
    const detection = new PendingDetection(message, clock.monotonicMs() + waitMs);
    this.#pending.set(detection.requestId, detection);
    this.#pictureBytes += detection.pictureBytes;
    for (const [messageId, early] of this.#early) {
      if (early.message.requestId !== message.requestId) continue;
      this.#early.delete(messageId);
      this.#join(detection, early.message);
      void detection.handedOn.promise.then(early.joined.complete);
    }
    if (detection.isComplete) this.#finish(detection, 'complete');
    this.#bound();
    this.#schedule();
    return detection.handedOn.promise;
  }

  /** Resolves when the detection that it belongs to has been handed on and taken, or it has been handed on alone. */
  addResult(message: RiskAssessmentResultMessage): Promise<void> {
    if (!this.#isNew(message.messageId)) {
      return this.#early.get(message.messageId)?.joined.promise ?? this.#handedOn(message.requestId);
    }
    const detection = this.#pending.get(message.requestId);
    const handedOn = detection === undefined ? this.#waitForDetection(message) : detection.handedOn.promise;
    if (detection !== undefined) {
      this.#join(detection, message);
      if (detection.isComplete) this.#finish(detection, 'complete');
    }
    this.#schedule();
    return handedOn;
  }

  /** Hands on what there is and reads nothing more. Safe to call twice. */
  close(): void {
    for (const leave of this.#leave.splice(0)) leave();
    this.#cancelTimer?.();
    for (const early of this.#early.values()) this.#handOnAlone(early);
    this.#early.clear();
    for (const detection of [...this.#pending.values()]) {
      if (detection.resultCount > 0) this.#finish(detection, 'partial');
    }
    this.#pending.clear();
    this.#pictureBytes = 0;
  }

  /** Of a message that came again: when the first of it is done. */
  #handedOn(requestId: string): Promise<void> {
    return this.#pending.get(requestId)?.handedOn.promise ?? this.#leaving.get(requestId) ?? Promise.resolve();
  }

  #isNew(id: string): boolean {
    if (this.#seen.add(id)) return true;
    this.#repeats += 1;
    return false;
  }

  #join(detection: PendingDetection, message: RiskAssessmentResultMessage): void {
    const before = detection.pictureBytes;
    const assessments = detection.add(message);
    this.#pictureBytes -= before - detection.pictureBytes;
    detection.takings.push(...this.#handOnGroups(assessments));
  }

  #waitForDetection(message: RiskAssessmentResultMessage): Promise<void> {
    const { clock, detectionWaitMs, maxPending } = this.#options;
    const joined = completion();
    this.#early.set(message.messageId, { message, dueMs: clock.monotonicMs() + detectionWaitMs, joined });
    const [oldest] = this.#early;
    if (this.#early.size > maxPending && oldest !== undefined) this.#handOnLate(oldest[0], oldest[1]);
    return joined.promise;
  }

  #handOnLate(messageId: string, early: EarlyResult): void {
    this.#early.delete(messageId);
    this.#handOnAlone(early);
  }

  /** A danger is worth knowing of without its detection, too. */
  #handOnAlone({ message, joined }: EarlyResult): void {
    completeAfter(this.#handOnGroups(message.results.map((risk) => groupAssessment(message, risk))), joined);
  }

  /** Gives what their takers have still to do. */
  #handOnGroups(assessments: readonly GroupAssessment[]): Promise<void>[] {
    return assessments.flatMap((assessment) => this.#options.onGroup(assessment) ?? []);
  }

  #finish(detection: PendingDetection, outcome: JoinOutcome): void {
    const { requestId, handedOn, takings } = detection;
    this.#pending.delete(requestId);
    this.#pictureBytes -= detection.pictureBytes;
    const taken = this.#options.onDetection(detection.assessed(), outcome);
    if (taken !== undefined) takings.push(taken);
    if (takings.length > 0) {
      this.#leaving.set(requestId, handedOn.promise);
      void handedOn.promise.then(() => this.#leaving.delete(requestId));
    }
    completeAfter(takings, handedOn);
  }

  /** The oldest make room: first with their pictures, then with themselves. */
  #bound(): void {
    const { maxPending, maxPictureBytes } = this.#options;
    for (const detection of this.#pending.values()) {
      if (this.#pictureBytes <= maxPictureBytes) break;
      if (detection.pictureBytes === 0) continue;
      this.#pictureBytes -= detection.pictureBytes;
      this.#picturesDropped += 1;
      detection.dropPictures();
    }
    for (const detection of this.#pending.values()) {
      if (this.#pending.size <= maxPending) break;
      this.#finish(detection, 'evicted');
    }
  }

  /** One timer, for whichever is due first; both maps are in the order in which their entries fall due. */
  #schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const [detection] = this.#pending.values();
    const [early] = this.#early.values();
    const dueMs = Math.min(detection?.dueMs ?? Number.POSITIVE_INFINITY, early?.dueMs ?? Number.POSITIVE_INFINITY);
    if (!Number.isFinite(dueMs)) return;
    const { clock } = this.#options;
    this.#cancelTimer = clock.after(Math.max(0, dueMs - clock.monotonicMs()), () => this.#expire());
  }

  #expire(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [messageId, early] of this.#early) {
      if (early.dueMs > nowMs) break;
      this.#handOnLate(messageId, early);
    }
    for (const detection of this.#pending.values()) {
      if (detection.dueMs > nowMs) break;
      this.#finish(detection, detection.resultCount > 0 ? 'partial' : 'unassessed');
    }
    this.#schedule();
  }
}

/** At once where there is nothing to wait for. */
function completeAfter(takings: readonly Promise<void>[], { complete }: Completion): void {
  if (takings.length === 0) complete();
  else void Promise.all(takings).then(complete);
}
