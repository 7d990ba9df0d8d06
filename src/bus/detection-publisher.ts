import type { DetectionEvent } from '../native.ts';
import type { Bus } from './bus.ts';
import { type DetectionResultMessage, detectionResultMessage } from './topics.ts';

const topic = 'detection-results';

/** Detections that may wait for slow readers of the bus; about a minute of a busy box. */
const defaultMaxWaiting = 1000;

export interface DetectionPublisherOptions {
  readonly maxWaiting?: number;
  /** Told of a detection that did not get onto the bus: readers are too slow (`bus-full`), or the bus refused it. */
  readonly onLost: (cameraId: string, reason: 'bus-full' | Error) => void;
}

/** Puts detections onto the bus, as long as somebody reads them there. Runs on the event loop. */
export class DetectionPublisher {
  readonly #bus: Bus;
  readonly #maxWaiting: number;
  readonly #onLost: DetectionPublisherOptions['onLost'];
  #waiting = 0;

  constructor(bus: Bus, options: DetectionPublisherOptions) {
    this.#bus = bus;
    this.#maxWaiting = options.maxWaiting ?? defaultMaxWaiting;
    this.#onLost = options.onLost;
  }

  /**
   * `classNames` by class id. Gives the message while somebody reads: also one that the bus has no place for, since whoever
   * else wants it does not depend on that.
   */
  publish(event: DetectionEvent, classNames: readonly string[]): DetectionResultMessage | undefined {
    if (!this.#bus.hasSubscribers(topic)) return undefined;
    const message = detectionResultMessage(event, classNames);
    if (this.#waiting >= this.#maxWaiting) {
      this.#onLost(event.cameraId, 'bus-full');
      return message;
    }
    this.#waiting += 1;
    this.#bus
      .publish(topic, event.cameraId, message)
      .catch((error: Error) => this.#onLost(event.cameraId, error))
      .finally(() => {
        this.#waiting -= 1;
      });
    return message;
  }
}
