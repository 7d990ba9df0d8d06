/** Decodes the newest picture of one camera into a canvas; while one is being decoded, only the newest other waits. */
import type { PictureFrame } from '../connection/picture-frame.ts';

export class PictureCanvas {
  #waiting: PictureFrame | undefined;
  #busy = false;

  /** `onShown` hears which picture is on the canvas now. */
  show(canvas: HTMLCanvasElement, frame: PictureFrame, onShown: (timestamp: string) => void): void {
    this.#waiting = frame;
    if (!this.#busy) void this.#decode(canvas, onShown);
  }

  async #decode(canvas: HTMLCanvasElement, onShown: (timestamp: string) => void): Promise<void> {
    this.#busy = true;
    while (this.#waiting) {
      const { head, jpeg } = this.#waiting;
      this.#waiting = undefined;
      try {
        const bitmap = await createImageBitmap(new Blob([jpeg], { type: head.mime }));
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
        canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
        bitmap.close();
        onShown(head.timestamp);
      } catch {
        // A damaged picture is left out; the next one comes soon.
      }
    }
    this.#busy = false;
  }
}
