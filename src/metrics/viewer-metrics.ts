import { Counter, type Registry } from 'prom-client';
import { registerGauges } from './reading.ts';

/** What the screen costs and loses: viewers, and frames that were skipped because one reads too slowly. */
export class ViewerMetrics {
  readonly #skipped: Counter;

  /** `viewers` is asked at each scrape. */
  constructor(registry: Registry, viewers: () => number) {
    const registers = [registry];
    registerGauges(registry, [['viewers', 'WebSocket clients that are connected.', viewers]]);
    this.#skipped = new Counter({
      name: 'viewer_frames_skipped_total',
      help: 'Frames that a viewer did not get because it reads too slowly.',
      registers,
    });
  }

  frameSkipped(): void {
    this.#skipped.inc();
  }
}
