import { isLoopback } from './loopback.ts';
import type { Config } from './schema.ts';

const loopback = '127.0.0.1';

/**
 * The address that the server listens on. Without a token, and without leave for anonymous clients, it is loopback,
 * whatever the configuration says: what is open to a network must be opened on purpose.
 */
export function listenHost(config: Pick<Config, 'server'>): string {
  const { host, authToken, allowAnonymous } = config.server;
  if (authToken !== undefined || allowAnonymous || isLoopback(host)) return host;
  return loopback;
}
