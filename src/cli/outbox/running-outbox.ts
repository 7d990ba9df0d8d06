/** What a service that has the outbox's file says of it. */
import { request } from 'undici';
import { z } from 'zod';
import type { Config } from '../../config/schema.ts';
import { errorMessage } from '../../errors.ts';
import { serviceUrl } from '../../server/service-url.ts';

const answerLimitMs = 3000;

const count = z.number();

/** What is read of the answer here; the rest of it is handed on as it is. */
const answerSchema = z.object({
  data: z.object({
    outbox: z.looseObject({
      depth: count,
      bytes: count,
      oldestAgeMs: count,
      lanes: z.object({ high: count, live: count, backlog: count }),
      evicted: z.record(z.string(), count),
      deadLetters: z.looseObject({
        records: count,
        bytes: count,
        dropped: count,
        byReason: z.record(z.string(), count),
      }),
      link: z.looseObject({ state: z.string() }),
      disk: z.looseObject({ state: z.string(), message: z.string().exactOptional() }),
    }),
  }),
});

export type RunningStatus = z.output<typeof answerSchema>['data']['outbox'];

export type RunningOutbox =
  | { readonly url: string; readonly status: RunningStatus }
  | { readonly url: string; readonly fault: string };

/** Asks the service of this configuration at `/api/uplink`. Never rejects: `fault` says why there is no answer. */
export async function askRunningOutbox(config: Config): Promise<RunningOutbox> {
  const url = `${serviceUrl(config)}/api/uplink`;
  const { authToken } = config.server;
  try {
    const { statusCode, body } = await request(url, {
      headers: authToken === undefined ? {} : { authorization: `Bearer ${authToken}` },
      signal: AbortSignal.timeout(answerLimitMs),
    });
    const answer = answerSchema.safeParse(await body.json());
    if (answer.success) return { url, status: answer.data.data.outbox };
    return { url, fault: statusCode === 200 ? 'that service has no outbox' : `it answers with ${statusCode}` };
  } catch (error) {
    return { url, fault: errorMessage(error) };
  }
}
