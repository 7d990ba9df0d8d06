/** What Prometheus would scrape. */
import type { Appliance } from './appliance.ts';

export async function metricsOf({ url }: Pick<Appliance, 'url'>): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

/** The value of a metric, named with its labels; NaN where there is none. */
export function readingOf(metrics: string, name: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? Number.NaN);
}

/** The sum over a metric's labels; NaN where there is none. */
export function sumOf(metrics: string, name: string): number {
  const lines = metrics.split('\n').filter((one) => one.startsWith(`${name}{`) || one.startsWith(`${name} `));
  return lines.length === 0 ? Number.NaN : lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
