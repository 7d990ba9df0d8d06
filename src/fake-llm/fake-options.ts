import { z } from 'zod';
import { riskLevelSchema } from '../detect/detection-message.ts';

const milliseconds = z.number().min(0).max(3_600_000);
const share = z.number().min(0).max(1);

/** What an account is allowed. What is left out is not limited. */
export const accountLimitsSchema = z.strictObject({
  requestsPerSecond: z.number().positive().exactOptional(),
  requestsPerMinute: z.number().positive().exactOptional(),
  tokensPerMinute: z.number().positive().exactOptional(),
  /** Refuse a load that grows by more than this factor from one 5 s to the next. */
  rampFactor: z.number().min(1).exactOptional(),
  /** A load of so many requests a second may begin at once. */
  rampFreePerSecond: z.number().positive().default(5),
  /** Seconds in `Retry-After` of a refusal; without it there is none. */
  retryAfterSeconds: z.number().min(0).exactOptional(),
});

export const latencySchema = z.strictObject({
  /** Of an ordinary answer, ms. */
  meanMs: milliseconds,
  /** Standard deviation over mean. */
  spread: z.number().min(0).max(2).default(0.25),
  stragglerShare: share.default(0),
  stragglerMs: milliseconds.default(5000),
});

const faultKinds = [
  /** An error of that status, with its usual words. */
  'status',
  /** Takes the request and never answers. */
  'hang',
  /** Closes the connection before a byte of the answer. */
  'reset',
  /** Closes the connection in the middle of the body. */
  'cut',
  /** A success whose body is no JSON. */
  'bad-json',
  /** A completion whose text is not what was asked for. */
  'invalid-answer',
  /** A completion whose text is too long to be one. */
  'huge',
  /** Takes `latencyMs` longer. */
  'slow',
] as const;

export const faultSchema = z.strictObject({
  kind: z.enum(faultKinds),
  /** Of the calls that match, the share that it hits. */
  share: share.default(1),
  /** It is over after so many hits. */
  times: z.int().min(1).exactOptional(),
  /** Calls with these keys only. */
  keys: z.array(z.string()).exactOptional(),
  /** Calls to this endpoint only: the first part of the path. */
  endpoint: z.string().exactOptional(),
  status: z.int().min(400).max(599).default(500),
  /** Sent with `status`: seconds, or a date. */
  retryAfter: z.string().exactOptional(),
  retryAfterMs: z.int().min(0).exactOptional(),
  /** What the error says; without it, what providers say with such a status. */
  message: z.string().exactOptional(),
  latencyMs: milliseconds.default(0),
});

export const fakeOptionsSchema = z.strictObject({
  /** Keys and the account that each belongs to; a key of any other name is not accepted. */
  keys: z.record(z.string(), z.string()),
  /** Limits by account; `*` for those that are not named. */
  limits: z.record(z.string(), accountLimitsSchema).default({}),
  latency: latencySchema.default({ meanMs: 0, spread: 0, stragglerShare: 0, stragglerMs: 0 }),
  faults: z.array(faultSchema).default([]),
  /** Found in every group; unless given, the risk is made up from the picture. */
  risk: riskLevelSchema.exactOptional(),
  /** Same seed, same chance. */
  seed: z.int().default(1),
});

export type AccountLimits = z.input<typeof accountLimitsSchema>;
export type FakeLatency = z.output<typeof latencySchema>;
export type FakeFault = z.output<typeof faultSchema>;
export type FakeFaultInput = z.input<typeof faultSchema>;
export type FakeOptions = z.output<typeof fakeOptionsSchema>;
export type FakeOptionsInput = z.input<typeof fakeOptionsSchema>;
