import { type Command, InvalidArgumentError, Option } from 'commander';
import { configFileOf, type FlagSetting, type LoadOptions, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';

/** What every command that needs a configuration takes. */
export interface ConfigFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly logLevel?: string;
  readonly role?: readonly string[];
}

/** Adds the flags of the configuration to a command. */
export function addConfigFlags(command: Command): Command {
  return command.addOption(
    new Option('-c, --config <file>', 'YAML file with the settings (default: config/roadwatch.yaml if there is one)'),
  );
}

/** Adds the flags of the server to a command. */
export function addServerFlags(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on (server.host)')
    .option('--port <number>', 'port to listen on; 0: any (server.port)')
    .option('--log-level <level>', 'silent, error, warn, info or debug (log.level)');
}

/** The file in which the configuration of this process stands, or would stand. */
export function configFileFromFlags({ config }: ConfigFlags): string {
  return configFileOf({ env: process.env, cwd: process.cwd(), ...(config === undefined ? {} : { file: config }) });
}

/** The configuration of this process: from file, `.env`, environment and flags. Throws `ConfigError`. */
export function loadFromFlags(
  flags: ConfigFlags,
  extra: Partial<Pick<LoadOptions, 'embedded' | 'flags'>> = {},
): Config {
  const settings: FlagSetting[] = [];
  if (flags.host !== undefined) settings.push({ flag: '--host', path: ['server', 'host'], value: flags.host });
  if (flags.port !== undefined) {
    settings.push({ flag: '--port', path: ['server', 'port'], value: numberOrText(flags.port) });
  }
  if (flags.logLevel !== undefined) {
    settings.push({ flag: '--log-level', path: ['log', 'level'], value: flags.logLevel });
  }
  if (flags.role !== undefined) settings.push({ flag: '--role', path: ['kafka', 'roles'], value: flags.role });
  return loadConfig({
    env: process.env,
    cwd: process.cwd(),
    ...(flags.config === undefined ? {} : { file: flags.config }),
    ...(extra.embedded === undefined ? {} : { embedded: extra.embedded }),
    flags: [...settings, ...(extra.flags ?? [])],
  });
}

/** Text as it was typed, or the number it stands for; the schema judges either. */
export function numberOrText(text: string): number | string {
  return /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : text;
}

/** A parser of an argument that must be a number in a range; for commander. */
export function numberBetween(least: number, most: number, whole = false): (text: string) => number {
  return (text) => {
    const value = numberOrText(text);
    if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value)))
      return value;
    throw new InvalidArgumentError(`Expected a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`);
  };
}
