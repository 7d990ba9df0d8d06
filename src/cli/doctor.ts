import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/schema.ts';
import { stateFolder } from '../config/state-folder.ts';
import { fileStamp } from '../time/file-stamp.ts';
import { type ConfigFlags, configFileFromFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain, printLine } from './output.ts';

const compress = promisify(gzip);

export interface DoctorFlags extends ConfigFlags {
  readonly out?: string;
  readonly log?: string;
}

/** `roadwatch doctor`: one file with what support needs, also where nothing works; its name is the result. */
export async function examine(flags: DoctorFlags): Promise<ExitCode> {
  const config = configOrWhyNot(flags);
  const { collect } = await import('../doctor/collect.ts');
  const { ROADWATCH_ENV_FILE: envFile } = process.env;
  const report = await collect({
    config,
    configFile: configFileFromFlags(flags),
    stateFolder: stateFolder(),
    environment: process.env,
    ...(envFile ? { envFile } : {}),
    ...(flags.log === undefined ? {} : { logFile: flags.log }),
  });
  const out = flags.out ?? `roadwatch-doctor-${fileStamp(Date.now())}.json.gz`;
  await writeFile(out, await compress(report), { mode: 0o600, flag: 'wx' });
  complain('It holds no passwords, keys or tokens; addresses of cameras and ids are in it.');
  await printLine(out);
  return exitCodes.ok;
}

/** A configuration that cannot be used is what support will want to see first. */
function configOrWhyNot(flags: DoctorFlags): Config | Error {
  try {
    return loadFromFlags(flags);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}
