/** A file system whose power fails: from one step on nothing works any more, and what was being written is cut short. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { FileSteps } from '../../src/camera/store/replace-file.ts';

export class PowerCut extends Error {}

export class FailingFiles implements FileSteps {
  /** What was done, in order. */
  readonly done: string[] = [];
  readonly #failAt: number;

  /** `failAt`: the first step, from 0, that is not done. */
  constructor(failAt: number) {
    this.#failAt = failAt;
  }

  readonly open: FileSteps['open'] = async (path, flags, mode) => {
    this.#step(`open ${flags}`);
    const file = await open(path, flags, mode);
    return {
      writeFile: async (text: string) => {
        await file.writeFile(text.slice(0, text.length / 2));
        this.#step('write');
        await file.writeFile(text.slice(text.length / 2));
      },
      chown: (uid: number, gid: number) => file.chown(uid, gid),
      sync: async () => {
        this.#step('sync');
        await file.sync();
      },
      // A process that ends closes its files, whatever happens.
      close: () => file.close(),
    } as unknown as FileHandle;
  };

  readonly rename: FileSteps['rename'] = async (from, to) => {
    this.#step('rename');
    await rename(from, to);
  };

  readonly rm: FileSteps['rm'] = async (path, options) => {
    this.#step('rm');
    await rm(path, options);
  };

  #step(name: string): void {
    if (this.done.length >= this.#failAt) throw new PowerCut(`no power for ${name}`);
    this.done.push(name);
  }
}
