import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError } from '../../config/config-error.ts';
import { type Clock, realClock } from '../../time/clock.ts';
import { type KeyFileContext, readKeyFile } from './key-file.ts';
import { type KeySet, noKeys } from './key-set.ts';
import type { Secret } from './secret.ts';

/** How often the file is looked at. Editors replace files, mounts change below them: a look is sure, a watch is not. */
const lookEveryMs = 2000;
/** Limits of a key that is given alone; those that the contract names for keys without any. */
const usualLimits = { requestsPerSecond: 10, requestsPerMinute: 600 };

export interface KeySourceOptions extends KeyFileContext {
  /** The file with keys; it need not exist. */
  readonly file: string;
  /** The key that is used while there is no file. */
  readonly singleKey?: { readonly id: string; readonly secret: Secret };
  /** The keys have changed. */
  readonly onChange: (keys: KeySet) => void;
  /** The file cannot be used: the keys stay as they were. Told once for each problem, until the file can be used again. */
  readonly onProblem: (problem: ConfigError) => void;
  readonly clock?: Clock;
}

/** Where the keys come from: a file that may change at any time, else a single key, else none. */
export class KeySource {
  readonly #options: KeySourceOptions;
  readonly #clock: Clock;
  #keys: KeySet = noKeys;
  /** What the file looked like when it was read last; empty: there was none. */
  #seen = '';
  /** What is told to be wrong with the file as it is. */
  #told: string | undefined;
  #isClosed = false;
  #cancelLook = () => {};

  private constructor(options: KeySourceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
  }

  /** Reads the keys and goes on looking. Throws `ConfigError` where there is a file that cannot be used. */
  static async open(options: KeySourceOptions): Promise<KeySource> {
    const source = new KeySource(options);
    source.#seen = await source.#look();
    source.#keys = source.#seen === '' ? source.#withoutFile() : source.#read();
    source.#plan();
    return source;
  }

  get keys(): KeySet {
    return this.#keys;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook();
  }

  /**
   * Looks at the file now, and reads it where it is another. One with a problem is read again each time: rights to read it,
   * and the files and variables that it names, change without it.
   */
  async reload(): Promise<void> {
    try {
      const seen = await this.#look();
      if (this.#isClosed || (seen === this.#seen && this.#told === undefined)) return;
      if (seen !== this.#seen) this.#told = undefined;
      this.#seen = seen;
      this.#keys = this.#readAgain(seen);
    } catch (error) {
      if (!this.#isClosed) this.#tell(problemOf(error, this.#options.file));
      return;
    }
    this.#told = undefined;
    this.#options.onChange(this.#keys);
  }

  #tell(problem: ConfigError): void {
    if (problem.message === this.#told) return;
    this.#told = problem.message;
    this.#options.onProblem(problem);
  }

  #plan(): void {
    this.#cancelLook = this.#clock.after(lookEveryMs, () => {
      this.reload()
        .catch((error: unknown) => this.#tell(problemOf(error, this.#options.file)))
        .finally(() => {
          if (!this.#isClosed) this.#plan();
        });
    });
  }

  #read(): KeySet {
    return readKeyFile(this.#options.file, this.#options);
  }

  /** A file that is gone may be about to be replaced: its keys stay. */
  #readAgain(seen: string): KeySet {
    if (seen !== '') return this.#read();
    throw new ConfigError([
      { place: this.#options.file, key: '', message: 'expected the file to be there; its keys stay' },
    ]);
  }

  #withoutFile(): KeySet {
    const { singleKey, defaultEndpoint } = this.#options;
    if (singleKey === undefined) return noKeys;
    const { id, secret } = singleKey;
    const key = { id, secret, priority: 0, group: id, endpoint: defaultEndpoint.id, limits: {} };
    return { endpoints: [defaultEndpoint], groups: [{ id, limits: usualLimits }], keys: [key] };
  }

  async #look(): Promise<string> {
    const path = resolve(this.#options.cwd, this.#options.file);
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
    return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs}`;
  }
}

function problemOf(error: unknown, file: string): ConfigError {
  if (error instanceof ConfigError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ConfigError([{ place: file, key: '', message: `cannot be read: ${message}` }]);
}
