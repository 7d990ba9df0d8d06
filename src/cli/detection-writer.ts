import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { detectedObjects, trafficGroups } from '../detect/detection-message.ts';
import type { DetectionEvent } from '../native.ts';
import { printLine } from './output.ts';
import type { FileProgress } from './progress.ts';

/** Formats that hold one picture: their lines have no time. */
const pictureExtensions = new Set(['.bmp', '.gif', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp']);

/** Writes what was found: JSON lines on stdout and, where there is a folder for them, pictures. */
export class DetectionWriter {
  readonly #classNames: readonly string[];
  readonly #progress: FileProgress;
  readonly #folder: string | undefined;
  /** Names of pictures by file, so that files of one name in two folders don't write over each other. */
  readonly #stems = new Map<string, string>();

  /** `folder` is made where it does not exist. */
  constructor(classNames: readonly string[], progress: FileProgress, folder?: string) {
    this.#classNames = classNames;
    this.#progress = progress;
    this.#folder = folder;
  }

  /** Resolves when the frame is written and stdout has room for more; one frame after the other. */
  async write(file: string, event: DetectionEvent): Promise<void> {
    const isPicture = pictureExtensions.has(extname(file).toLowerCase());
    const frameTimeMs = isPicture ? undefined : Math.round(event.mediaTimeMs ?? 0);
    this.#progress.clear();
    await printLine(
      JSON.stringify({
        file,
        ...(frameTimeMs === undefined ? {} : { frameTimeMs }),
        imageWidth: event.imageWidth,
        imageHeight: event.imageHeight,
        detectedObjects: detectedObjects(event, this.#classNames),
        trafficGroups: trafficGroups(event, this.#classNames),
      }),
    );
    if (this.#folder === undefined || event.drawnJpeg === undefined) return;
    const moment = frameTimeMs === undefined ? '' : `-${String(frameTimeMs).padStart(8, '0')}ms`;
    await mkdir(this.#folder, { recursive: true });
    await writeFile(join(this.#folder, `${this.#stem(file)}${moment}.jpg`), event.drawnJpeg);
  }

  #stem(file: string): string {
    const known = this.#stems.get(file);
    if (known !== undefined) return known;
    const taken = new Set(this.#stems.values());
    const plain = basename(file, extname(file));
    let stem = plain;
    for (let number = 2; taken.has(stem); number += 1) stem = `${plain}-${number}`;
    this.#stems.set(file, stem);
    return stem;
  }
}
