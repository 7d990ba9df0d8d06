/** Packs a folder into a file and back, by the system's tar. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { RoadwatchError } from '../errors.ts';

const run = promisify(execFile);

/** All of the folder, the manifest first; for the owner alone. Throws RoadwatchError `tar-failed`. */
export async function pack(folder: string, file: string, names: readonly string[]): Promise<void> {
  await tar(['--create', '--gzip', '--file', file, '--owner=0', '--group=0', '--directory', folder, ...names]);
}

/** Into an empty folder. What is neither a file nor a folder, or leads out of it, is not taken. Throws `backup-damaged`. */
export async function unpack(file: string, folder: string): Promise<void> {
  try {
    await tar([
      '--extract',
      '--gzip',
      '--file',
      file,
      '--directory',
      folder,
      '--no-same-owner',
      '--no-same-permissions',
    ]);
  } catch (error) {
    throw new RoadwatchError('backup-damaged', `${file} cannot be unpacked: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function tar(args: readonly string[]): Promise<void> {
  try {
    await run('tar', [...args], { env: { PATH: process.env.PATH, LC_ALL: 'C', TAR_OPTIONS: '' } });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new RoadwatchError('tar-failed', stderr?.trim().split('\n').at(0) || String(error), { cause: error });
  }
}
