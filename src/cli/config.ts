import { stringify } from 'yaml';
import { configurationReference } from '../config/reference.ts';
import { withoutSecrets } from '../config/without-secrets.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { printLine } from './output.ts';

export interface ConfigCommandFlags extends ConfigFlags {
  readonly json?: boolean;
  readonly docs?: boolean;
}

/** `roadwatch config`: the configuration that results, without its secrets; or the reference of all settings. */
export async function showConfig(flags: ConfigCommandFlags): Promise<ExitCode> {
  if (flags.docs) {
    await printLine(configurationReference().trimEnd());
    return exitCodes.ok;
  }
  const shown = withoutSecrets(loadFromFlags(flags));
  await printLine(flags.json ? JSON.stringify(shown) : stringify(shown).trimEnd());
  return exitCodes.ok;
}
