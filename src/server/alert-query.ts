/** The query of `GET /api/alerts`, checked. */
import { z } from 'zod';
import { type AlertCursor, type AlertFilter, parseCursor } from '../alert/alert-filter.ts';
import { alertLevels } from '../alert/alert-level.ts';
import { RoadwatchError } from '../errors.ts';

export const defaultLimit = 50;
export const maxLimit = 200;

export interface AlertQuery {
  readonly filter: AlertFilter;
  readonly limit: number;
  readonly after?: AlertCursor;
}

const text = (maxLength: number) =>
  z
    .string()
    .min(1, `expected 1 to ${maxLength} characters`)
    .max(maxLength, `expected 1 to ${maxLength} characters, received more`);

const moment = z.string().transform((value, context) => {
  const ms = /^\d{1,15}$/.test(value) ? Number(value) : Date.parse(value);
  if (Number.isFinite(ms)) return ms;
  context.issues.push({
    code: 'custom',
    input: value,
    message: 'expected a time such as 2025-06-01T12:30:00Z, or milliseconds since the epoch',
  });
  return z.NEVER;
});

const levels = z.string().transform((value, context) => {
  const names = value.split(',').map((name) => name.trim());
  const known = names.flatMap((name) => alertLevels.find((level) => level === name) ?? []);
  if (known.length === names.length) return known;
  context.issues.push({ code: 'custom', input: value, message: `expected some of ${alertLevels.join(', ')}` });
  return z.NEVER;
});

const cursor = z.string().transform((value, context) => {
  const place = parseCursor(value);
  if (place !== undefined) return place;
  context.issues.push({ code: 'custom', input: value, message: 'expected the nextCursor of an earlier answer' });
  return z.NEVER;
});

const limit = z
  .string()
  .regex(/^\d{1,4}$/, `expected a whole number from 1 to ${maxLimit}`)
  .transform(Number)
  .refine((value) => value >= 1 && value <= maxLimit, `expected a whole number from 1 to ${maxLimit}`);

const querySchema = z.strictObject(
  {
    cameraId: text(64).exactOptional(),
    level: levels.exactOptional(),
    since: moment.exactOptional(),
    until: moment.exactOptional(),
    acknowledged: z.enum(['true', 'false'], { error: 'expected true or false' }).exactOptional(),
    text: text(200).exactOptional(),
    limit: limit.exactOptional(),
    cursor: cursor.exactOptional(),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? 'expected cameraId, level, since, until, acknowledged, text, limit or cursor'
        : undefined,
  },
);

/** Throws RoadwatchError `bad-query`, naming the parameter. The token may stand beside the others. */
export function parseAlertQuery(query: string): AlertQuery {
  const parameters = new URLSearchParams(query);
  parameters.delete('token');
  const parsed = querySchema.safeParse(Object.fromEntries(parameters));
  if (!parsed.success) throw new RoadwatchError('bad-query', problemOf(parsed.error));
  const {
    cameraId,
    level,
    since,
    until,
    acknowledged,
    text: words,
    limit: most = defaultLimit,
    cursor: after,
  } = parsed.data;
  return {
    filter: {
      ...(cameraId === undefined ? {} : { cameraId }),
      ...(level === undefined ? {} : { levels: level }),
      ...(since === undefined ? {} : { sinceMs: since }),
      ...(until === undefined ? {} : { untilMs: until }),
      ...(acknowledged === undefined ? {} : { acknowledged: acknowledged === 'true' }),
      ...(words === undefined ? {} : { text: words }),
    },
    limit: most,
    ...(after === undefined ? {} : { after }),
  };
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: ${issue.message}`;
  return `${issue?.path.join('.') ?? 'query'}: ${issue?.message ?? 'not valid'}`;
}
