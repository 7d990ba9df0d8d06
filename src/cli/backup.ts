import { resolve } from 'node:path';
import type { BoxFiles } from '../backup/contents.ts';
import { installedVersion } from '../config/installation.ts';
import { stateFolder } from '../config/state-folder.ts';
import { realClock } from '../time/clock.ts';
import { fileStamp } from '../time/file-stamp.ts';
import { type ConfigFlags, configFileFromFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain, printLine } from './output.ts';

export interface BackupFlags extends ConfigFlags {
  readonly out?: string;
  readonly withSecrets?: boolean;
}

/** `roadwatch backup`: what is kept in one file, whose name is the result. */
export async function backUp(flags: BackupFlags): Promise<ExitCode> {
  const { makeBackup } = await import('../backup/make-backup.ts');
  const nowMs = realClock.nowMs();
  const out = resolve(flags.out ?? `roadwatch-backup-${fileStamp(nowMs)}.tar.gz`);
  const withSecrets = flags.withSecrets === true;
  const box = boxFiles(flags);
  const { manifest, held } = await makeBackup({ box, out, version: installedVersion(), withSecrets, nowMs });
  for (const { path, bytes } of manifest.files) complain(`${path}: ${bytes} bytes`);
  for (const name of held)
    complain(`${name}: NOT in the backup, since the running service has it; stop the service to have it in`);
  complain(
    withSecrets
      ? 'It holds passwords and keys: keep it as you keep those.'
      : 'Without configuration, passwords and keys: --with-secrets adds them.',
  );
  await printLine(out);
  return exitCodes.ok;
}

/** `roadwatch restore FILE`: puts a backup in the place of what is kept; the service must not run. */
export async function restore(file: string, flags: ConfigFlags): Promise<ExitCode> {
  const { restoreBackup } = await import('../backup/restore-backup.ts');
  const { manifest, aside } = await restoreBackup({
    file: resolve(file),
    boxOf: (configFile) => boxFiles(flags, configFile),
    stateFolder: stateFolder(),
    version: installedVersion(),
    nowMs: realClock.nowMs(),
  });
  for (const { path, bytes } of manifest.files) complain(`${path}: ${bytes} bytes`);
  complain(`Restored what Roadwatch ${manifest.version} kept at ${manifest.madeAt}.`);
  if (!manifest.withSecrets) complain('The configuration is not part of this backup, and is as it was.');
  if (aside !== undefined) complain(`What was replaced is in ${aside}.`);
  return exitCodes.ok;
}

/** By the settings of this file, or those of the box. */
function boxFiles(flags: ConfigFlags, settingsFile?: string): BoxFiles {
  const { alerts, uplink, llm } = loadFromFlags(
    settingsFile === undefined ? flags : { ...flags, config: settingsFile },
  );
  const { ROADWATCH_ENV_FILE: envFile } = process.env;
  return {
    stateFolder: stateFolder(),
    stores: [alerts.databasePath, uplink.outboxPath].filter((path) => path !== ':memory:').map((path) => resolve(path)),
    config: {
      'roadwatch.yaml': configFileFromFlags(flags),
      'api_keys.yaml': llm.keysFile,
      ...(envFile ? { 'roadwatch.env': envFile } : {}),
    },
  };
}
