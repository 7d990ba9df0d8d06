/** What a service that has the outbox's file says of it. */
import { request } from 'undici';
import { z } from 'zod';
import { listenHost } from '../../config/listen-host.ts';
import type { Config } from '../../config/schema.ts';
import { errorMessage } from '../../errors.ts';
import type { OutboxStatus } from '../../uplink/outbox-status.ts';

const answerLimitMs = 3000;

/** What is read of the answer; the rest is handed on as it is. */
const answerSchema = z.object({
  data: z.object({
    outbox: z
      .looseObject({
        depth: z.number(),
        bytes: z.number(),
        fileBytes: z.number(),
        oldestAgeMs: z.number(),
        link: z.looseObject({ state: z.string() }),
        disk: z.looseObject({ state: z.string() }),
        deadLetters: z.looseObject({ records: z.number(), bytes: z.number(), dropped: z.number() }),
      })
      .transform((outbox) => outbox as unknown as OutboxStatus),
  }),
});

export type RunningOutbox =
  | { readonly url: string; readonly status: OutboxStatus }
  | { readonly url: string; readonly fault: string };

/** Asks the service of this configuration at `/api/uplink`. Never rejects: `fault` says why there is no answer. */
export async function askRunningOutbox(config: Config): Promise<RunningOutbox> {
  const url = `http://${reachable(listenHost(config))}:${config.server.port}/api/uplink`;
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

/** An address that stands for all of this machine's is no address to ask. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
