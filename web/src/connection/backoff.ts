const firstMs = 500;
const maxMs = 15_000;

/** The wait before the next attempt to connect, with jitter; `random` is uniform in [0, 1). */
export function reconnectDelayMs(failures: number, random: () => number = Math.random): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 10));
  return fullMs * (0.5 + random() / 2);
}
