import { hasAccounts } from '../auth/store/has-accounts.ts';
import { listenHost } from '../config/listen-host.ts';
import type { Config } from '../config/schema.ts';
import { urlHost } from '../config/url-host.ts';

/** Where the service of this configuration is reached from its own machine. */
export function serviceUrl(config: Config): string {
  const host = reachable(listenHost(config, hasAccounts(config.accounts.databasePath)));
  return `http://${urlHost(host)}:${config.server.port}`;
}

/** An address that stands for all of this machine's is no address to ask. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
