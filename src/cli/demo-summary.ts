import type { DetectionEvent } from '../native.ts';

/** What `roadwatch demo --json` prints; times in milliseconds. */
export interface DemoReport {
  readonly cameras: number;
  readonly analysed: number;
  readonly objects: number;
  readonly groups: number;
  /** Packet received → result ready. */
  readonly latency_ms: { readonly p50: number; readonly p95: number };
  /** Processor time of the whole process, start-up left out, for one analysed frame. */
  readonly cpu_ms_per_analysis: number;
}

/** Adds up what a demo analyses. */
export class DemoSummary {
  readonly #cameras: number;
  readonly #cpuAtStart = process.cpuUsage();
  readonly #latenciesMs: number[] = [];
  #objects = 0;
  #groups = 0;

  constructor(cameras: number) {
    this.#cameras = cameras;
  }

  add(event: DetectionEvent): void {
    this.#latenciesMs.push(event.timings.totalMs);
    this.#objects += event.objects.length;
    this.#groups += event.groups.length;
  }

  report(): DemoReport {
    const cpu = process.cpuUsage(this.#cpuAtStart);
    const analysed = this.#latenciesMs.length;
    const sortedMs = this.#latenciesMs.toSorted((a, b) => a - b);
    return {
      cameras: this.#cameras,
      analysed,
      objects: this.#objects,
      groups: this.#groups,
      latency_ms: { p50: rounded(quantile(sortedMs, 0.5)), p95: rounded(quantile(sortedMs, 0.95)) },
      cpu_ms_per_analysis: analysed === 0 ? 0 : rounded((cpu.user + cpu.system) / 1000 / analysed),
    };
  }
}

/** The smallest value that at least the given share of all values does not exceed; 0 of none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
