import { endProcess } from './end-process.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/** Writes one line to stdout; resolves when there is room for more. */
export async function printLine(line: string): Promise<void> {
  if (process.stdout.write(`${line}\n`)) return;
  await new Promise<void>((resolve) => process.stdout.once('drain', () => resolve()));
}

/** Writes one line to stderr. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** What becomes of a command whose stdout takes nothing more: it ends, unless it does that itself. */
let onStdoutEnd = (code: ExitCode): void => {
  void endProcess(code);
};

/** A reader of our stdout that has had enough (`| head`) is no failure: the command ends quietly. */
export function endWhenStdoutCloses(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const isEnough = error.code === 'EPIPE';
    if (!isEnough) complain(`roadwatch: cannot write to stdout: ${error.message}`);
    onStdoutEnd(isEnough ? exitCodes.ok : exitCodes.failure);
  });
}

/** Aborted, with the exit code as its reason, when stdout takes nothing more: whoever asks ends in its own way. */
export function stdoutEnd(): AbortSignal {
  const controller = new AbortController();
  onStdoutEnd = (code) => controller.abort(code);
  return controller.signal;
}
