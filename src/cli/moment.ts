import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const isoTime = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** A parser of an argument that is a moment: ISO 8601, or how long ago, as in `90m` or `7d`; for commander. UTC milliseconds. */
export function momentBefore(nowMs: number): (text: string) => number {
  return (text) => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
    if (amount !== undefined) return nowMs - Number(amount) * secondsOf[unit as keyof typeof secondsOf] * 1000;
    if (isoTime.safeParse(text).success) return Date.parse(text);
    throw new InvalidArgumentError('Expected a time such as 2025-06-30T08:00:00Z, or how long ago: 30s, 90m, 12h, 7d.');
  };
}
