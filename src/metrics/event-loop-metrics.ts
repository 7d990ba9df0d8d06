import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

const resolutionMs = 10;
const nanosecondsPerSecond = 1e9;

/** How late the event loop is: what a message waits because the main thread is busy. Since the last scrape. */
export class EventLoopMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor(registry: Registry) {
    const delay = this.#delay;
    delay.enable();
    new Gauge({
      name: 'event_loop_delay_seconds',
      help: 'Delay of the event loop since the last scrape, by quantile; 1 is the longest.',
      labelNames: ['quantile'],
      registers: [registry],
      collect() {
        if (delay.count > 0) {
          this.set({ quantile: '0.5' }, delaySeconds(delay.percentile(50)));
          this.set({ quantile: '0.99' }, delaySeconds(delay.percentile(99)));
          this.set({ quantile: '1' }, delaySeconds(delay.max));
        }
        delay.reset();
      },
    });
  }

  close(): void {
    this.#delay.disable();
  }
}

/** What is measured is the time between two samples: the delay is what that takes longer than it should. */
function delaySeconds(betweenSamplesNs: number): number {
  return Math.max(0, betweenSamplesNs - resolutionMs * 1e6) / nanosecondsPerSecond;
}
