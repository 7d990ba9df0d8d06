/**
 * The file that keeps cameras: read whole, written whole, by one process at a time. What it holds includes passwords, so
 * only its owner may read it.
 */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, errorMessage, RoadwatchError } from '../../errors.ts';
import { setAside } from '../../sqlite/set-aside.ts';
import type { Clock } from '../../time/clock.ts';
import { type FileSteps, realFileSteps, replaceFile } from './replace-file.ts';
import { emptyContent, parseStore, type StoreContent, storeText } from './store-content.ts';
import { withLock } from './store-lock.ts';

/** How soon a change by another process is seen. */
const watchPeriodMs = 2000;

export interface CameraStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  /**
   * What went wrong, in words: `store-damaged` (moved aside; what is whole of it counts), `store-unusable` (changed by
   * somebody, and cannot be used: what held before holds on), `store-unreadable`, `store-newer`.
   */
  readonly onTrouble: (code: string, message: string) => void;
  /** Only looks: a damaged file stays where it is (`store-unusable`). */
  readonly readOnly?: boolean;
  readonly steps?: FileSteps;
}

export class CameraStore {
  readonly #options: CameraStoreOptions;
  /** What the file held when it could last be used. */
  #content: StoreContent = emptyContent;
  /** Tells whether the file is the one that was read. */
  #stamp = '';
  #work: Promise<unknown> = Promise.resolve();
  #cancelWatch: () => void = () => undefined;
  #closed = false;

  constructor(options: CameraStoreOptions) {
    this.#options = options;
  }

  get path(): string {
    return this.#options.path;
  }

  get content(): StoreContent {
    return this.#content;
  }

  /**
   * Reads what is kept. A damaged file is moved aside; what is whole of it is written anew. One that cannot be read, or that
   * a newer version has made, stays where it is: then nothing is known to be kept. Never rejects.
   */
  open(): Promise<StoreContent> {
    return this.#inTurn(async () => {
      try {
        this.#content = await this.#read(this.#options.readOnly ? 'leave' : 'mend');
      } catch (error) {
        this.#options.onTrouble(errorCode(error), errorMessage(error));
      }
      return this.#content;
    });
  }

  /**
   * Reads, changes and writes; nobody else writes between. Resolves when the new content is on disk. Rejects with what
   * `change` throws, or RoadwatchError `store-busy`, `store-unreadable`, `store-newer`, `disk-full`, `store-unwritable`:
   * the old content holds.
   */
  update(change: (content: StoreContent) => StoreContent): Promise<StoreContent> {
    return this.#inTurn(async () => {
      const { path, clock, steps = realFileSteps } = this.#options;
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        return await withLock(`${path}.lock`, clock, async () => {
          const changed = change(await this.#read('mend'));
          await replaceFile(path, storeText(changed), steps);
          this.#stamp = await this.#look();
          this.#content = changed;
          return changed;
        });
      } catch (error) {
        throw error instanceof Error && 'syscall' in error ? writeError(path, error) : error;
      }
    });
  }

  /** Calls back when another process has changed the file, within seconds. Once. */
  watch(onChange: (content: StoreContent) => void): void {
    if (this.#closed) return;
    this.#cancelWatch = this.#options.clock.after(watchPeriodMs, () => {
      void this.#inTurn(() => this.#readIfChanged()).then((changed) => {
        this.watch(onChange);
        if (changed !== undefined && !this.#closed) onChange(changed);
      });
    });
  }

  /** Ends watching; what is being written is waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelWatch();
    await this.#work;
  }

  async #readIfChanged(): Promise<StoreContent | undefined> {
    const stamp = await this.#look();
    if (stamp === this.#stamp) return undefined;
    try {
      this.#content = await this.#read('leave');
      return this.#content;
    } catch (error) {
      this.#stamp = stamp;
      this.#options.onTrouble(errorCode(error), errorMessage(error));
      return undefined;
    }
  }

  /** `mend`: what is damaged is moved aside; `leave`: somebody may be at work on it. */
  async #read(damaged: 'mend' | 'leave'): Promise<StoreContent> {
    const { path } = this.#options;
    const stamp = await this.#look();
    const text = await this.#readText();
    const parsed = text === undefined ? { state: 'whole' as const, content: emptyContent } : parseStore(text);
    switch (parsed.state) {
      case 'whole':
        this.#stamp = stamp;
        return parsed.content;
      case 'newer':
        throw new RoadwatchError(
          'store-newer',
          `${path} was made by a newer version (${parsed.version}): update this one`,
        );
      case 'damaged':
        if (damaged === 'leave') {
          throw new RoadwatchError('store-unusable', `${path} cannot be used: ${parsed.reason}`);
        }
        return this.#mend(parsed.content, parsed.reason);
    }
  }

  /** What held before counts more than what is left in the file. */
  async #mend(left: StoreContent, reason: string): Promise<StoreContent> {
    const { path, clock, onTrouble, steps } = this.#options;
    const content = this.#content.cameras.length > 0 ? this.#content : left;
    const words = `${path} is damaged (${reason}); ${content.cameras.length} cameras are left`;
    try {
      const aside = setAside(path, clock.nowMs());
      if (content.cameras.length > 0) await replaceFile(path, storeText(content), steps);
      onTrouble('store-damaged', `${words}; it was moved to ${aside}`);
    } catch (error) {
      onTrouble('store-damaged', `${words}; it could not be moved aside: ${errorMessage(error)}`);
    }
    this.#stamp = await this.#look();
    return content;
  }

  async #readText(): Promise<string | undefined> {
    const { path } = this.#options;
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw new RoadwatchError('store-unreadable', `${path} cannot be read: ${errorMessage(error)}`, { cause: error });
    }
  }

  async #look(): Promise<string> {
    try {
      const { ino, ctimeMs, size } = await stat(this.#options.path);
      return `${ino} ${ctimeMs} ${size}`;
    } catch {
      return '';
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}

function writeError(path: string, error: unknown): RoadwatchError {
  const isFull = ['ENOSPC', 'EDQUOT'].includes(errorCode(error));
  const code = isFull ? 'disk-full' : 'store-unwritable';
  return new RoadwatchError(code, `${path} cannot be written: ${errorMessage(error)}`, { cause: error });
}
