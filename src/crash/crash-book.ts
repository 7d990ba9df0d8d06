/** Which cameras have brought the process down, kept over restarts, and which are set aside for it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { errorCode, errorMessage } from '../errors.ts';

/** A camera is set aside when the process has ended so often while it decoded it, … */
export const crashesUntilSetAside = 3;
/** … within this time. */
const countsForMs = 86_400_000;

const camerasSchema = z.record(
  z.string(),
  z.strictObject({
    /** UTC. */
    crashesMs: z.array(z.number()).min(1).max(crashesUntilSetAside),
    /** What it was decoded by; not known before it has run once more. */
    settings: z.string().exactOptional(),
    setAsideMs: z.number().exactOptional(),
  }),
);
const bookSchema = z.strictObject({ version: z.string(), cameras: camerasSchema });

type Entry = z.infer<typeof camerasSchema>[string];

export interface SetAside {
  /** UTC. */
  readonly sinceMs: number;
  readonly crashes: number;
}

export interface CrashBookOptions {
  readonly path: string;
  /** Of the program: what one version did wrong another one may do right. */
  readonly version: string;
  /** Told of a file that cannot be read or written. */
  readonly onTrouble: (message: string) => void;
}

export class CrashBook {
  readonly #options: CrashBookOptions;
  readonly #cameras: Map<string, Entry>;

  /** Reads the file, where there is one of this version. */
  constructor(options: CrashBookOptions) {
    this.#options = options;
    this.#cameras = new Map(Object.entries(this.#read()));
  }

  /** The process ended while it decoded these cameras; `nowMs` is UTC. Gives how often each has done that of late. */
  count(cameraIds: readonly string[], nowMs: number): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const cameraId of cameraIds) {
      const { crashesMs = [], ...entry } = this.#cameras.get(cameraId) ?? {};
      // A clock that was set back makes some look as if they were to come: they count.
      const recentMs = [...crashesMs.filter((ms) => nowMs - ms < countsForMs), nowMs].slice(-crashesUntilSetAside);
      const setAside = recentMs.length >= crashesUntilSetAside ? { setAsideMs: nowMs } : {};
      this.#cameras.set(cameraId, { ...setAside, ...entry, crashesMs: recentMs });
      counts.set(cameraId, recentMs.length);
    }
    if (cameraIds.length > 0) this.#write();
    return counts;
  }

  /** Whether a camera with these settings is to be left out. One whose settings are others than those it crashed with is not. */
  verdict(cameraId: string, settings: string): SetAside | undefined {
    const entry = this.#cameras.get(cameraId);
    if (entry === undefined) return undefined;
    if (entry.settings === undefined) {
      entry.settings = settings;
      this.#write();
    }
    if (entry.settings !== settings) {
      this.forgive(cameraId);
      return undefined;
    }
    return entry.setAsideMs === undefined ? undefined : { sinceMs: entry.setAsideMs, crashes: entry.crashesMs.length };
  }

  /** It gets another chance. */
  forgive(cameraId: string): void {
    if (this.#cameras.delete(cameraId)) this.#write();
  }

  #read(): z.infer<typeof camerasSchema> {
    const { path, version, onTrouble } = this.#options;
    try {
      const book = bookSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      return book.version === version ? book.cameras : {};
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') onTrouble(`${path} cannot be read, and is begun anew: ${reasonOf(error)}`);
      return {};
    }
  }

  /** At a start, and where a camera that has crashed is changed: rare enough to be waited for. */
  #write(): void {
    const { path, version, onTrouble } = this.#options;
    const unfinished = `${path}.${process.pid}`;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const book = { version, cameras: Object.fromEntries(this.#cameras) };
      writeFileSync(unfinished, `${JSON.stringify(book, null, 2)}\n`, { mode: 0o600, flush: true });
      renameSync(unfinished, path);
    } catch (error) {
      onTrouble(`${path} cannot be written: ${reasonOf(error)}`);
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof z.ZodError ? 'it is not of the expected form' : errorMessage(error);
}
