/** The tokens of the day on disk, so that a restart does not give them out anew. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { errorMessage } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { SpentTokens } from './day-tokens.ts';

/** How much of what was spent a power cut may forget. */
const writeIntervalMs = 5000;

const spentTokens = z.strictObject({ day: z.int().min(0), tokens: z.number().min(0) });

export interface SpentFileOptions {
  /** Of one pool alone: of two that share it, the last that writes counts. */
  readonly path: string;
  readonly clock: Clock;
  /** `tokens-unread`: what the file says is not known; `tokens-unwritten`: it could not be written, and is tried again. */
  readonly onTrouble: (code: string, message: string) => void;
}

/**
 * Follows what a pool spends: written whole at most every five seconds, and at the end. All its work is asynchronous; a disk
 * that fails costs only what a restart would have known.
 */
export class SpentFile {
  readonly #options: SpentFileOptions;
  #spent: (() => SpentTokens) | undefined;
  #written: SpentTokens | undefined;
  #cancelNext = () => {};
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: SpentFileOptions) {
    this.#options = options;
  }

  /** What was written last; nothing where there is no file yet, or one that cannot be used. */
  async read(): Promise<SpentTokens | undefined> {
    const { path, onTrouble } = this.#options;
    try {
      this.#written = spentTokens.parse(JSON.parse(await readFile(path, 'utf8')));
      return this.#written;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      onTrouble('tokens-unread', `${path} does not tell what was spent today: ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** Writes what is spent from now on. Once. */
  follow(spent: () => SpentTokens): void {
    this.#spent = spent;
    this.#plan();
  }

  /** Writes what is spent, and ends. Safe to call twice. */
  async close(): Promise<void> {
    this.#cancelNext();
    if (!this.#isClosed) this.#write();
    this.#isClosed = true;
    await this.#writing;
  }

  #plan(): void {
    this.#cancelNext = this.#options.clock.after(writeIntervalMs, () => {
      this.#write();
      void this.#writing.then(() => {
        if (!this.#isClosed) this.#plan();
      });
    });
  }

  #write(): void {
    this.#writing = this.#writing.then(() => this.#writeChange());
  }

  async #writeChange(): Promise<void> {
    const { path, onTrouble } = this.#options;
    const spent = this.#spent?.();
    if (spent === undefined || (spent.day === this.#written?.day && spent.tokens === this.#written.tokens)) return;
    try {
      await replaceFile(path, `${JSON.stringify(spent)}\n`);
      this.#written = spent;
    } catch (error) {
      onTrouble('tokens-unwritten', `what was spent today cannot be kept in ${path}: ${errorMessage(error)}`);
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof z.ZodError || error instanceof SyntaxError
    ? 'expected {"day":…,"tokens":…}, received something else'
    : errorMessage(error);
}

/** Whoever reads it finds the old content or the new, after a power cut, too. */
async function replaceFile(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
