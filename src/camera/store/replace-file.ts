/** Replaces a file whole: whoever reads it, and whatever a power cut leaves, finds the old content or the new one. */
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Only its owner may read it. */
const privateMode = 0o600;

/** The part of the file system that is needed; tests give one that fails. */
export interface FileSteps {
  readonly open: typeof open;
  readonly rename: typeof rename;
  readonly rm: typeof rm;
}

export const realFileSteps: FileSteps = { open, rename, rm };

/** Resolves when the content is on disk. Rejects with what the file system says; then the old content holds, mostly. */
export async function replaceFile(path: string, text: string, steps: FileSteps = realFileSteps): Promise<void> {
  const draft = `${path}.new`;
  // What a crash has left may have been made with another mode.
  await steps.rm(draft, { force: true });
  try {
    await writeSynced(draft, text, await ownerFor(path), steps);
    await steps.rename(draft, path);
  } catch (error) {
    await steps.rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path), steps);
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** An administrator who changes a service's file leaves it the service's: whose the old one is, or the folder. */
async function ownerFor(path: string): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return stat(path).catch(() => stat(dirname(path)));
}

async function writeSynced(path: string, text: string, owner: Owner | undefined, steps: FileSteps): Promise<void> {
  const file = await steps.open(path, 'wx', privateMode);
  try {
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The rename itself is on disk only when its folder is. */
async function syncFolder(path: string, steps: FileSteps): Promise<void> {
  const folder = await steps.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
