import type { Config } from '../../config/schema.ts';
import { loadFromFlags } from '../config-options.ts';
import type { OutboxFlags } from './describe.ts';

/** The configuration, and the outbox's file: that of the flags, else the configuration's. Throws `ConfigError`. */
export function outboxOf(flags: OutboxFlags): { readonly config: Config; readonly path: string } {
  const config = loadFromFlags(flags);
  return { config, path: flags.file ?? config.uplink.outboxPath };
}
