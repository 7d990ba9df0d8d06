import { DayTokens } from './day-tokens.ts';

/** Answers that are remembered. */
const size = 200;
const slowShare = 0.95;

/** What calls with one key took: the latency of its last answers, the tokens of the day. */
export class KeyUsage {
  readonly #latenciesMs: number[] = [];
  #next = 0;
  readonly #tokens = new DayTokens(0);

  answered(latencyMs: number): void {
    this.#latenciesMs[this.#next] = latencyMs;
    this.#next = (this.#next + 1) % size;
  }

  /** `nowMs`: UTC. */
  spend(tokens: number, nowMs: number): void {
    this.#tokens.add(tokens, nowMs);
  }

  /** Latency that 95 % of the last 200 answers did not exceed; none before the first. */
  p95Ms(): number | undefined {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * slowShare) - 1];
  }

  /** Tokens of the day (UTC) of `nowMs`, as far as they are known. */
  tokensOn(nowMs: number): number {
    return this.#tokens.on(nowMs).tokens;
  }
}
