/** Metrics of what is counted elsewhere: read when metrics are scraped. */
import { Counter, Gauge, type Registry } from 'prom-client';

/** A metric's name, its help, and who knows its value. */
export type Reading = readonly [name: string, help: string, read: () => number];

/** Registers values that go up and down. */
export function registerGauges(registry: Registry, readings: readonly Reading[]): void {
  for (const [name, help, read] of readings) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}

/** Registers sums that only grow. */
export function registerCounters(registry: Registry, readings: readonly Reading[]): void {
  for (const [name, help, read] of readings) {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
