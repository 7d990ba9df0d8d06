/** What stands at the beginning of a backup. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { errorMessage, RoadwatchError } from '../errors.ts';

export const manifestName = 'manifest.json';
/** Of backups; a program reads those of its own form and earlier ones. */
const form = 1;

const fileSchema = z.strictObject({
  /** Below the backup's top: `state/alerts.db`, `config/roadwatch.yaml`. */
  path: z.string().regex(/^(state|config)\/[^/\0]+(\/[^/\0]+)*$/),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const manifestSchema = z.strictObject({
  form: z.int(),
  /** Of the program that made it. */
  version: z.string(),
  /** UTC, ISO 8601. */
  madeAt: z.string(),
  withSecrets: z.boolean(),
  files: z.array(fileSchema),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** For these files below `folder`. */
export async function describeFiles(
  folder: string,
  paths: readonly string[],
  about: Pick<Manifest, 'version' | 'madeAt' | 'withSecrets'>,
): Promise<Manifest> {
  const files = [];
  for (const path of paths) {
    files.push({ path, bytes: statSync(join(folder, path)).size, sha256: await hashOf(join(folder, path)) });
  }
  return { form, ...about, files };
}

/**
 * Reads the manifest of an unpacked backup, and proves every file. Throws RoadwatchError `backup-damaged`, or `backup-newer` where
 * a later version made it.
 */
export async function readManifest(folder: string, installedVersion: string): Promise<Manifest> {
  const manifest = parseManifest(folder);
  if (manifest.form > form || isLater(manifest.version, installedVersion)) {
    throw new RoadwatchError(
      'backup-newer',
      `Roadwatch ${manifest.version} made this backup: expected ${installedVersion}, which is installed, or earlier`,
    );
  }
  for (const { path, bytes, sha256 } of manifest.files) {
    if (path.split('/').includes('..')) throw damaged(`it names ${path}`);
    const size = statSync(join(folder, path), { throwIfNoEntry: false })?.size;
    if (size !== bytes) throw damaged(`${path} has ${size ?? 'no'} bytes, expected ${bytes}`);
    if ((await hashOf(join(folder, path))) !== sha256) throw damaged(`${path} is not as it was written`);
  }
  return manifest;
}

function parseManifest(folder: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(folder, manifestName), 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? 'it is not of the expected form' : errorMessage(error);
    throw damaged(`${manifestName}: ${reason}`);
  }
}

function damaged(what: string): RoadwatchError {
  return new RoadwatchError('backup-damaged', `this is no backup, or a damaged one: ${what}`);
}

/** By the three numbers alone. */
function isLater(version: string, than: string): boolean {
  const [mine, theirs] = [version, than].map((text) => (/^(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1) ?? []).map(Number));
  const index = [0, 1, 2].find((at) => mine?.[at] !== theirs?.[at]);
  return index !== undefined && (mine?.[index] ?? 0) > (theirs?.[index] ?? 0);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
