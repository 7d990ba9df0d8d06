/** Kinds of values that several settings have, and what is told of a setting beside its schema. */
import { z } from 'zod';

declare module 'zod' {
  interface GlobalMeta {
    /** What a value should look like, in words; where absent, it is made from the schema's own checks. */
    expects?: string;
    /** The default in words, where it depends on the machine. */
    defaultText?: string;
    unit?: string;
    /** Never shown, neither in errors nor in logs. */
    secret?: boolean;
  }
}

export const milliseconds = (min: number, max: number) => z.int().min(min).max(max).meta({ unit: 'ms' });
export const pixels = (min: number, max: number) => z.int().min(min).max(max).meta({ unit: 'px' });
export const fraction = () => z.number().min(0).max(1);
export const text = (maxLength = 4096) => z.string().trim().min(1).max(maxLength);

export const httpUrl = z
  .string()
  .regex(/^https?:\/\/[^\s/]+(\/\S*)?$/)
  .meta({ expects: 'http:// or https:// and a host' });
