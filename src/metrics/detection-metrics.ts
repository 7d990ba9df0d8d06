import { Counter, Histogram, type Registry } from 'prom-client';
import type { DetectionEvent } from '../native.ts';

/** Packet received → result ready, in seconds: from a quick frame to one that waited for its keyframe. */
const latencyBuckets = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10];

/** What came out of the analysed frames. */
export class DetectionMetrics {
  readonly #detections: Counter;
  readonly #latency: Histogram;
  readonly #objects: Counter<'class'>;
  readonly #groups: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#detections = new Counter({ name: 'detection_total', help: 'Frames analysed.', registers });
    this.#latency = new Histogram({
      name: 'detection_latency_seconds',
      help: "From a frame's packet to its result.",
      buckets: latencyBuckets,
      registers,
    });
    this.#objects = new Counter({
      name: 'detected_objects_total',
      help: 'Objects detected.',
      labelNames: ['class'],
      registers,
    });
    this.#groups = new Counter({ name: 'traffic_groups_total', help: 'Groups of objects found.', registers });
  }

  /** Counts one analysed frame; `classNames` by class id. */
  observe(event: DetectionEvent, classNames: readonly string[]): void {
    this.#detections.inc();
    this.#latency.observe(event.timings.totalMs / 1000);
    this.#groups.inc(event.groups.length);
    for (const object of event.objects) {
      this.#objects.inc({ class: classNames[object.classId] ?? 'unknown' });
    }
  }
}
