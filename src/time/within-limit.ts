import type { Clock } from './clock.ts';

/** What is pending, or undefined where that takes longer; it is not stopped then. Rejects as it does. */
export async function withinLimit<Value>(
  pending: Promise<Value>,
  limitMs: number,
  clock: Clock,
): Promise<Value | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.after(limitMs, () => resolve(undefined));
  });
  try {
    return await Promise.race([pending, late]);
  } finally {
    cancel();
  }
}
