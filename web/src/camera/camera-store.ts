/** Everything the page knows, of a fixed size for each camera; components hear of changes. */
import type { CameraListEntry, CameraStateData, DetectionResultData } from '../../../src/server/messages.ts';
import type { PictureFrame } from '../connection/picture-frame.ts';

export interface Camera {
  readonly id: string;
  state: CameraStateData;
  /** What changes slowly; absent until it was asked for. */
  facts?: CameraListEntry;
  /** The newest analysed frame, and the page's clock when it came. */
  detection?: DetectionResultData;
  detectionAtMs?: number;
  /** The picture that belongs to the newest detection. */
  picture?: PictureFrame;
}

export interface Notice {
  readonly id: number;
  readonly code: string;
  readonly message: string;
}

type Listener = () => void;

const maxNotices = 4;

export class CameraStore {
  readonly #cameras = new Map<string, Camera>();
  /** As they were when the connection broke. */
  #before = new Map<string, Camera>();
  /** Cameras that the operator has stopped here, while others keep them running. */
  readonly #dismissed = new Set<string>();
  readonly #listeners = new Set<Listener>();
  /** The last binary frame of each camera: its detection comes right after it. */
  readonly #arrived = new Map<string, PictureFrame>();
  /** Cameras that this page looks at. */
  readonly #watched = new Set<string>();
  #notices: readonly Notice[] = [];
  #nextNotice = 1;
  #connection: 'connecting' | 'connected' | 'lost' = 'connecting';

  get connection(): 'connecting' | 'connected' | 'lost' {
    return this.#connection;
  }

  get notices(): readonly Notice[] {
    return this.#notices;
  }

  get cameras(): readonly Camera[] {
    return [...this.#cameras.values()].sort(
      (a, b) => placeOf(a) - placeOf(b) || a.id.localeCompare(b.id, undefined, { numeric: true }),
    );
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The appliance tells next which cameras run: what it does not name is gone. */
  connected(): void {
    this.#connection = 'connected';
    this.#before = new Map(this.#cameras);
    this.#cameras.clear();
    this.#changed();
  }

  /** States are told anew after each connection. */
  lost(): void {
    this.#connection = 'lost';
    this.#watched.clear();
    this.#arrived.clear();
    this.#changed();
  }

  /** A camera's state; true when it should be looked at and is not yet. */
  state(state: CameraStateData): boolean {
    if (state.state === 'removed') {
      this.#dismissed.delete(state.cameraId);
      this.#forget(state.cameraId);
      this.#changed();
      return false;
    }
    if (this.#dismissed.has(state.cameraId)) return false;
    const known = this.#cameras.get(state.cameraId) ?? this.#before.get(state.cameraId);
    this.#cameras.set(state.cameraId, known ?? { id: state.cameraId, state });
    if (known) known.state = state;
    this.#changed();
    if (this.#watched.has(state.cameraId)) return false;
    this.#watched.add(state.cameraId);
    return true;
  }

  list(entries: readonly CameraListEntry[]): void {
    for (const entry of entries) {
      const camera = this.#cameras.get(entry.cameraId);
      if (camera) camera.facts = entry;
    }
    this.#changed();
  }

  picture(frame: PictureFrame): void {
    this.#arrived.set(String(frame.head.cameraId), frame);
  }

  /** Shows a picture and its boxes together or, where the picture was skipped, the boxes alone. */
  detection(detection: DetectionResultData): void {
    const camera = this.#cameras.get(String(detection.cameraId));
    if (!camera) return;
    const picture = this.#arrived.get(camera.id);
    this.#arrived.delete(camera.id);
    camera.detection = detection;
    camera.detectionAtMs = Date.now();
    if (picture?.head.timestamp === detection.timestamp) camera.picture = picture;
    this.#changed();
  }

  /** This page does not look at the camera any more. It may go on for others: then it is not shown here. */
  stopped(cameraId: string): void {
    this.#dismissed.add(cameraId);
    this.#forget(cameraId);
    this.#changed();
  }

  error(code: string, message: string): void {
    const notice = { id: this.#nextNotice, code, message };
    this.#nextNotice += 1;
    this.#notices = [...this.#notices, notice].slice(-maxNotices);
    this.#changed();
  }

  dismiss(id: number): void {
    this.#notices = this.#notices.filter((notice) => notice.id !== id);
    this.#changed();
  }

  #forget(cameraId: string): void {
    this.#cameras.delete(cameraId);
    this.#before.delete(cameraId);
    this.#watched.delete(cameraId);
    this.#arrived.delete(cameraId);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** In the order that was set; those that viewers have started come last. */
function placeOf({ facts }: Camera): number {
  return facts?.position ?? Number.MAX_SAFE_INTEGER;
}
