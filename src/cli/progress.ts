import { SingleBar } from 'cli-progress';

/** How far the files are, on stderr; nothing where stderr is no terminal. */
export class FileProgress {
  readonly #bar: SingleBar | undefined;

  constructor(files: number) {
    if (!process.stderr.isTTY) return;
    this.#bar = new SingleBar({
      stream: process.stderr,
      format: '{bar} {value}/{total} {file}',
      hideCursor: true,
      clearOnComplete: true,
    });
    this.#bar.start(files, 0, { file: '' });
  }

  begin(file: string): void {
    this.#bar?.update({ file });
  }

  end(): void {
    this.#bar?.increment();
  }

  /** Makes way for a line on the same terminal; the bar comes back with its next change. */
  clear(): void {
    if (this.#bar !== undefined && process.stdout.isTTY) process.stderr.write('\r\u001b[K');
  }

  close(): void {
    this.#bar?.stop();
  }
}
