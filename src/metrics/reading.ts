/** Metrics of what is counted elsewhere: read when metrics are scraped. */
import { Counter, Gauge, type Registry } from 'prom-client';

/** A metric's name, its help, and who knows its value. */
export type Reading = readonly [name: string, help: string, read: () => number];

/** A metric with labels, and who knows its values. */
export interface LabelledReading<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  /** All values that there are; labels that are missing are not shown. */
  readonly read: () => Iterable<readonly [labels: Readonly<Record<Label, string>>, value: number]>;
}

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

/** Registers values that go up and down, one for each set of labels. */
export function registerLabelledGauge<Label extends string>(registry: Registry, reading: LabelledReading<Label>): void {
  const { name, help, labelNames, read } = reading;
  new Gauge<Label>({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}

/** Registers sums that only grow, one for each set of labels. */
export function registerLabelledCounter<Label extends string>(
  registry: Registry,
  reading: LabelledReading<Label>,
): void {
  const { name, help, labelNames, read } = reading;
  new Counter<Label>({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}
