/** Chance as it is given to whatever needs it: a number from 0 up to, not including, 1. Tests give a seeded one. */
export type Random = () => number;

export const systemRandom: Random = Math.random;

/** The same numbers for the same seed, in the same order (mulberry32, T. Ettinger, 2017). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
