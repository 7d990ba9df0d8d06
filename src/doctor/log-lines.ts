/** The last lines of the service's log: from the journal, or from the files of `roadwatch services`. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lastLogLines } from '../services/service-log.ts';

const run = promisify(execFile);
const lookedAt = 5000;
/** Of these, the ones that tell of trouble, and whatever came last. */
const troubleLines = 300;
const lastLines = 200;
const maxBytes = 64 * 1024 * 1024;
const limitMs = 20_000;

export interface LogLines {
  readonly source: string;
  /** Warnings and errors, oldest first. */
  readonly trouble: readonly string[];
  readonly last: readonly string[];
}

/** All logs that are found on this machine; `stateFolder` is the service's. */
export async function logLines(stateFolder: string, file?: string): Promise<LogLines[]> {
  const found: LogLines[] = [];
  const add = (source: string, lines: readonly string[]) => {
    if (lines.length > 0) found.push({ source, ...pick(lines) });
  };
  add('journal', await journal());
  const folder = join(stateFolder, 'services');
  if (existsSync(folder)) {
    for (const name of readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .sort()) {
      add(name, lastLogLines(join(folder, name), lookedAt));
    }
  }
  if (file !== undefined) add(file, lastLogLines(file, lookedAt));
  return found;
}

function pick(lines: readonly string[]): { readonly trouble: readonly string[]; readonly last: readonly string[] } {
  // systemd's own lines about the unit are text, and always of interest.
  const isTrouble = (line: string) => !line.includes('{"level":"') || /"level":"(warn|error|fatal)"/.test(line);
  return { trouble: lines.filter(isTrouble).slice(-troubleLines), last: lines.slice(-lastLines) };
}

async function journal(): Promise<string[]> {
  const units = ['--unit=roadwatch.service', '--unit=roadwatch@*.service'];
  try {
    const { stdout } = await run(
      'journalctl',
      [...units, '--no-pager', '--quiet', '--output=short-iso', `--lines=${lookedAt}`],
      { maxBuffer: maxBytes, timeout: limitMs },
    );
    return stdout.trimEnd().split('\n').filter(Boolean);
  } catch {
    // No journal here, or none that we may read.
    return [];
  }
}
