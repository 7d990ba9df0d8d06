import type { Config } from '../config/schema.ts';
import { RoadwatchError } from '../errors.ts';
import { realClock } from '../time/clock.ts';
import { systemRandom } from '../time/random.ts';
import { redisServerOf } from './open-cache.ts';
import { RedisConnection } from './redis-connection.ts';

/**
 * Connects once, as the cache would, and gives the server's address without credentials. Rejects with what is wrong: the
 * codes of the cache's troubles (`redis-unreachable`, `redis-unauthorized`, …) and `redis-certificates`.
 */
export async function tryRedis(url: string, caFile: Config['redis']['caFile']): Promise<string> {
  const server = redisServerOf(url, caFile);
  let connection: RedisConnection | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const opened = new RedisConnection({
        server,
        clock: realClock,
        random: systemRandom,
        onReady: () => resolve(opened.name),
        onFault: (code, message) => reject(new RoadwatchError(code, message)),
      });
      connection = opened;
    });
  } finally {
    connection?.close();
  }
}
