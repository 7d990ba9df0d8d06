/** What the running service says of itself. */
import { Agent, request } from 'undici';
import type { Config } from '../config/schema.ts';
import { errorMessage } from '../errors.ts';
import { serviceUrl } from '../server/service-url.ts';

const limitMs = 5000;
/** Its answers are without pictures: a larger one is not it. */
const maxBytes = 4 * 1024 * 1024;
const paths = ['/api/health/health_check', '/api/cameras', '/api/keys', '/api/uplink'] as const;

/** By path, the answer, or why there is none. */
export async function serviceAnswers(config: Config): Promise<Readonly<Record<string, unknown>>> {
  const { authToken } = config.server;
  const origin = serviceUrl(config);
  const agent = new Agent({ maxResponseSize: maxBytes });
  const headers = authToken === undefined ? {} : { authorization: `Bearer ${authToken}` };
  const ask = async (path: string): Promise<unknown> => {
    try {
      const signal = AbortSignal.timeout(limitMs);
      const { statusCode, body } = await request(`${origin}${path}`, { dispatcher: agent, headers, signal });
      const text = await body.text();
      return statusCode === 200 ? JSON.parse(text) : { status: statusCode, answer: text.slice(0, 1000) };
    } catch (error) {
      return { unreachable: errorMessage(error) };
    }
  };
  const answers = await Promise.all(paths.map(async (path) => [path, await ask(path)] as const));
  await agent.close();
  return Object.fromEntries(answers);
}
