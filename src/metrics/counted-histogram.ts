import type { Metric, Registry } from 'prom-client';

/** What a histogram is made of: how often each value was observed. */
export interface CountedValue {
  readonly value: number;
  readonly count: number;
}

export interface CountedHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending; the one without bound is added. */
  readonly buckets: readonly number[];
  /** Everything observed so far; asked at each scrape. */
  readonly read: () => readonly CountedValue[];
}

/**
 * Registers a histogram of what others have counted already: prom-client's own can only be told of one observation after
 * the other, and there may be millions since the last scrape.
 */
export function registerCountedHistogram(registry: Registry, options: CountedHistogramOptions): void {
  const { name, help, buckets, read } = options;
  const metric = {
    name,
    help,
    type: 'histogram',
    async get() {
      const observed = read();
      const upTo = (bound: number) =>
        observed.reduce((sum, { value, count }) => (value <= bound ? sum + count : sum), 0);
      const bucketLine = (le: number | '+Inf', value: number) => ({
        metricName: `${name}_bucket`,
        labels: { le },
        value,
      });
      const all = upTo(Number.POSITIVE_INFINITY);
      const sum = observed.reduce((total, { value, count }) => total + value * count, 0);
      const values = [
        ...buckets.map((bound) => bucketLine(bound, upTo(bound))),
        bucketLine('+Inf', all),
        { metricName: `${name}_sum`, labels: {}, value: sum },
        { metricName: `${name}_count`, labels: {}, value: all },
      ];
      return { name, help, type: 'histogram', aggregator: 'sum', values };
    },
  };
  // The registry asks of a metric no more than these members; the type names prom-client's own classes.
  registry.registerMetric(metric as unknown as Metric);
}
