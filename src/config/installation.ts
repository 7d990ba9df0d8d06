import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that Roadwatch is installed in: the same from `src/` and from `dist/`. */
export const installationRoot = fileURLToPath(new URL('../..', import.meta.url));

/** A path inside the installation. */
export function installedPath(...parts: string[]): string {
  return join(installationRoot, ...parts);
}

/** The version of this installation, as its package.json says. */
export function installedVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(installedPath('package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}
