const size = 256;
const fewestSamples = 20;
const maxAgeMs = 120_000;
const refreshAfterSamples = 8;
const refreshAfterMs = 1000;
const meanWeight = 0.1;
/** Without samples the mean goes back to what was expected: a slow endpoint is tried again. */
const forgetMs = 60_000;

interface Sample {
  readonly latencyMs: number;
  readonly atMs: number;
}

/** How long an endpoint's calls take: a mean, and quantiles of the last 256 calls of two minutes. */
export class LatencyWindow {
  readonly #expectedMs: number;
  readonly #samples: Sample[] = [];
  #next = 0;
  #meanMs: number;
  #seenAtMs = Number.NEGATIVE_INFINITY;
  #sorted: readonly number[] = [];
  #sortedAtMs = Number.NEGATIVE_INFINITY;
  #sinceSorted = 0;

  /** `expectedMs`: the mean while nothing is known. */
  constructor(expectedMs: number) {
    this.#expectedMs = expectedMs;
    this.#meanMs = expectedMs;
  }

  observe(latencyMs: number, nowMs: number): void {
    const meanMs = this.meanMs(nowMs);
    this.#meanMs = this.#samples.length === 0 ? latencyMs : meanMs + meanWeight * (latencyMs - meanMs);
    this.#seenAtMs = nowMs;
    this.#samples[this.#next] = { latencyMs, atMs: nowMs };
    this.#next = (this.#next + 1) % size;
    this.#sinceSorted += 1;
  }

  /** A call that was ended before its answer: it would have taken longer than this. */
  observeAtLeast(latencyMs: number, nowMs: number): void {
    if (latencyMs > this.meanMs(nowMs)) this.observe(latencyMs, nowMs);
  }

  meanMs(nowMs: number): number {
    const weight = Math.exp(-Math.max(0, nowMs - this.#seenAtMs) / forgetMs);
    return this.#expectedMs + (this.#meanMs - this.#expectedMs) * weight;
  }

  /** The latency that this share of calls does not exceed; none while too few calls are known. */
  quantileMs(share: number, nowMs: number): number | undefined {
    this.#refresh(nowMs);
    if (this.#sorted.length < fewestSamples) return undefined;
    return this.#sorted[Math.min(this.#sorted.length - 1, Math.floor(this.#sorted.length * share))];
  }

  #refresh(nowMs: number): void {
    const isFresh = this.#sinceSorted < refreshAfterSamples && nowMs - this.#sortedAtMs < refreshAfterMs;
    if (isFresh) return;
    this.#sorted = this.#samples
      .filter(({ atMs }) => atMs > nowMs - maxAgeMs)
      .map(({ latencyMs }) => latencyMs)
      .sort((a, b) => a - b);
    this.#sortedAtMs = nowMs;
    this.#sinceSorted = 0;
  }
}
