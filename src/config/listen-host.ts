import { isLoopback } from './loopback.ts';
import type { Config } from './schema.ts';

const loopback = '127.0.0.1';

/**
 * The address that the server listens on. Without accounts and token, and without leave for anonymous clients or for a
 * set-up from elsewhere, it is loopback, whatever the configuration says: what is open to a network must be opened on
 * purpose.
 */
export function listenHost({ server }: Pick<Config, 'server'>, hasAccounts: boolean): string {
  const isOnPurpose = server.authToken !== undefined || server.allowAnonymous || server.setupFromNetwork;
  return hasAccounts || isOnPurpose || isLoopback(server.host) ? server.host : loopback;
}
