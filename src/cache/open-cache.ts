import { readFileSync } from 'node:fs';
import { parseRedisUrl } from '../config/redis-url.ts';
import type { Config } from '../config/schema.ts';
import { errorMessage, RoadwatchError } from '../errors.ts';
import type { Cache } from './cache.ts';
import { MemoryCache } from './memory-cache.ts';
import { RedisCache, type RedisCacheOptions } from './redis-cache.ts';
import type { RedisServer } from './redis-connection.ts';

/**
 * The cache that the configuration asks for. One in Redis connects by itself, now or later; throws `redis-certificates`
 * where the file that its server is to be checked by cannot be read.
 */
export function openCache({ url, caFile }: Config['redis'], options: Omit<RedisCacheOptions, 'server'>): Cache {
  if (url === undefined) return new MemoryCache({ clock: options.clock });
  return new RedisCache({ ...options, server: redisServerOf(url, caFile) });
}

/** The server that the settings name. Throws `redis-certificates` as above. */
export function redisServerOf(url: string, caFile: Config['redis']['caFile']): RedisServer {
  const address = parseRedisUrl(url);
  if (address === undefined)
    throw new RoadwatchError('bad-redis-url', 'expected redis:// or rediss://, received another text');
  return caFile === undefined ? address : { ...address, ca: readCertificates(caFile) };
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RoadwatchError(
      'redis-certificates',
      `redis.caFile: expected a file that can be read: ${errorMessage(error)}`,
      {
        cause: error,
      },
    );
  }
}
