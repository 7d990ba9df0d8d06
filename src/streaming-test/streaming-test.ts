/** Sends detections of cameras that are none through the topics, and sees what becomes of them. */
import { randomUUID } from 'node:crypto';
import type { Bus } from '../bus/bus.ts';
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { wait } from '../time/wait.ts';
import { JourneyBook, type StreamingCounts } from './journey-book.ts';
import { syntheticDetection } from './synthetic-detection.ts';
import { syntheticPicture } from './synthetic-picture.ts';

/** `e2e`: one detection of each camera; `load`: one at each interval of each camera. */
export type StreamingMode = 'e2e' | 'load';

export interface StreamingTestOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly mode: StreamingMode;
  readonly cameras: number;
  /** Of `load`: how long to send. */
  readonly durationMs: number;
  /** Of `load`: time between two detections of one camera. */
  readonly intervalMs: number;
  /** Bytes of the picture of each group. */
  readonly pictureBytes: number;
  /** How long the topics may take until what is sent there is read here. */
  readonly readyLimitMs: number;
  /** How long a detection may take through all topics; then what has not come of it is missing. */
  readonly settleMs: number;
  /** Whether messages are read by now; a bus that reads from the moment of its subscription leaves it out. */
  readonly isReading?: () => boolean;
  readonly onProgress?: (counts: StreamingCounts, elapsedMs: number) => void;
  /** Ends the test early. */
  readonly signal?: AbortSignal;
}

const progressEveryMs = 5000;
const lookEveryMs = 100;
/** How often a detection that nobody has seen is sent again, while the topics are not ready. */
const probeEveryMs = 1000;
/** Detections on their way: what is due beyond that is not sent, and counted. */
const maxUnderWay = 20_000;
const groupsOfMode = { e2e: 2, load: 1 } as const;

/**
 * Runs the test and gives what came of it. `streaming-not-ready` where nothing that is sent to `detection-results` comes
 * back from there. Runs on the event loop.
 */
export async function runStreamingTest(options: StreamingTestOptions): Promise<StreamingCounts> {
  const test = new StreamingTest(options);
  try {
    await test.waitUntilReady();
    await test.send();
    return await test.settle();
  } finally {
    test.close();
  }
}

class StreamingTest {
  readonly #options: StreamingTestOptions;
  readonly #book = new JourneyBook();
  readonly #pictureBase64: string;
  readonly #cameraIds: readonly string[];
  /** Cameras whose probe has not come back yet. */
  readonly #unheard: Set<string>;
  readonly #leave: readonly (() => void)[];
  readonly #startedMs: number;
  #stopProgress = () => {};

  constructor(options: StreamingTestOptions) {
    this.#options = options;
    const { bus, clock } = options;
    const run = randomUUID().slice(0, 8);
    this.#cameraIds = Array.from({ length: options.cameras }, (_, index) => `streaming-test-${run}-${index + 1}`);
    this.#unheard = new Set(this.#cameraIds);
    this.#pictureBase64 = syntheticPicture(options.pictureBytes).toString('base64');
    this.#startedMs = clock.monotonicMs();
    this.#leave = [
      bus.subscribe('detection-results', 'onlooker', (message, key) => {
        this.#unheard.delete(key);
        this.#book.seeDetection(message, key);
      }),
      bus.subscribe('assessment-tasks', 'onlooker', (message, key) => this.#book.seeTask(message, key)),
      bus.subscribe('risk-assessment-results', 'onlooker', (message, key) =>
        this.#book.seeResult(message, key, clock.monotonicMs()),
      ),
    ];
  }

  /** Until a detection without groups of each camera, of which nothing is made, has come back. */
  async waitUntilReady(): Promise<void> {
    const { clock, readyLimitMs, isReading = () => true, signal } = this.#options;
    const untilMs = clock.monotonicMs() + readyLimitMs;
    let probedMs = Number.NEGATIVE_INFINITY;
    let lastError: unknown;
    while (this.#unheard.size > 0 && !signal?.aborted) {
      const nowMs = clock.monotonicMs();
      if (nowMs >= untilMs) throw notReady(this.#unheard.size, readyLimitMs, lastError);
      if (isReading() && nowMs - probedMs >= probeEveryMs) {
        probedMs = nowMs;
        for (const cameraId of this.#unheard) {
          this.#publish(cameraId, 0, 0).catch((error: unknown) => {
            lastError = error;
          });
        }
      }
      await wait(clock, lookEveryMs, signal);
    }
  }

  async send(): Promise<void> {
    const { mode } = this.#options;
    this.#tellProgress();
    if (mode === 'e2e') for (const cameraId of this.#cameraIds) this.#sendOne(cameraId, 0);
    else await this.#sendLoad();
  }

  /** Waits for what is under way; gives up what does not come in time. */
  async settle(): Promise<StreamingCounts> {
    const { clock, settleMs, signal } = this.#options;
    while (this.#book.underWay > 0 && !signal?.aborted) {
      this.#book.giveUpSentBefore(clock.monotonicMs() - settleMs);
      await wait(clock, lookEveryMs, signal);
    }
    this.#book.giveUpSentBefore(Number.POSITIVE_INFINITY);
    return this.#book.counts();
  }

  close(): void {
    this.#stopProgress();
    for (const leave of this.#leave) leave();
  }

  /** Each camera at its own phase of the interval, as cameras are. */
  async #sendLoad(): Promise<void> {
    const { clock, durationMs, intervalMs, cameras, settleMs, signal } = this.#options;
    const beganMs = clock.monotonicMs();
    const stepMs = intervalMs / cameras;
    const total = Math.floor(durationMs / stepMs);
    for (let sent = 0; sent < total && !signal?.aborted; ) {
      const dueMs = clock.monotonicMs() - beganMs;
      for (; sent < total && sent * stepMs <= dueMs; sent += 1) {
        this.#sendOne(this.#cameraIds[sent % cameras] ?? '', Math.floor(sent / cameras));
      }
      this.#book.giveUpSentBefore(clock.monotonicMs() - settleMs);
      await wait(clock, Math.max(1, sent * stepMs - dueMs), signal);
    }
  }

  #sendOne(cameraId: string, sequence: number): void {
    if (this.#book.underWay >= maxUnderWay) {
      this.#book.countError('too-many-under-way');
      return;
    }
    const message = this.#message(cameraId, sequence, groupsOfMode[this.#options.mode]);
    this.#book.begin(message, this.#options.clock.monotonicMs());
    this.#options.bus
      .publish('detection-results', cameraId, message)
      .catch(() => this.#book.failToSend(message.requestId));
  }

  async #publish(cameraId: string, sequence: number, groups: number): Promise<void> {
    await this.#options.bus.publish('detection-results', cameraId, this.#message(cameraId, sequence, groups));
  }

  #message(cameraId: string, sequence: number, groups: number) {
    return syntheticDetection({
      cameraId,
      requestId: randomUUID(),
      sequence,
      groups,
      pictureBase64: this.#pictureBase64,
      capturedAtMs: this.#options.clock.nowMs(),
    });
  }

  #tellProgress(): void {
    const { clock, onProgress } = this.#options;
    this.#stopProgress = clock.after(progressEveryMs, () => {
      onProgress?.(this.#book.counts(), clock.monotonicMs() - this.#startedMs);
      this.#tellProgress();
    });
  }
}

function notReady(cameras: number, limitMs: number, error: unknown): RoadwatchError {
  const cause = error === undefined ? '' : `: ${errorCode(error)}: ${errorMessage(error)}`;
  return new RoadwatchError(
    'streaming-not-ready',
    `expected what is sent to detection-results to come back within ${limitMs} ms, nothing came for ${cameras} cameras${cause}`,
  );
}
