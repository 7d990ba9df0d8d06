import type { z } from 'zod';
import { RoadwatchError } from '../errors.ts';

/** A request's body as its schema reads it. Throws RoadwatchError `bad-body`, naming the field and what was expected. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new RoadwatchError('bad-body', 'expected a JSON object');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => [...issue.path, issue.message].join(': '));
  throw new RoadwatchError('bad-body', problems.join('; '));
}
