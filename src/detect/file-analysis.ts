import { resolve } from 'node:path';
import { RoadwatchError } from '../errors.ts';
import type { ConnectionState, DetectionEvent, Fault, LogEvent } from '../native.ts';
import type { Engine, EngineListener, InferenceDetails } from './engine.ts';

/** Files answer at once or not at all; the limit is for file systems that hang. */
const fileTimeoutMs = 30_000;

export interface FileAnalysisOptions {
  /** Media time between two analysed frames; 0: each frame. */
  readonly intervalMs: number;
  /** Whether `onFrame` wants the picture with its boxes drawn. */
  readonly drawn: boolean;
  /** Ends the file early; `analyse()` then throws `interrupted`. */
  readonly signal: AbortSignal;
  /** Called for each analysed frame, in order; the next one waits for its promise, and ends with its error. */
  readonly onFrame: (event: DetectionEvent) => Promise<void>;
}

export interface FileSummary {
  readonly frames: number;
  /** Frames that were damaged and left out. */
  readonly decodeErrors: number;
}

/** Starts an engine that tells the listener; see `startEngine()`. */
export type StartEngine = (listener: EngineListener) => Promise<Engine>;

/**
 * Pictures and videos through an engine of its own, one file after the other; every frame that is due is analysed.
 * Runs on the event loop; one `analyse()` at a time.
 */
export class FileAnalysis {
  readonly #engine: Engine;
  readonly #events: FileEvents;
  #filesStarted = 0;

  private constructor(engine: Engine, events: FileEvents) {
    this.#engine = engine;
    this.#events = events;
  }

  static async start(startEngine: StartEngine): Promise<FileAnalysis> {
    const events = new FileEvents();
    return new FileAnalysis(await startEngine(events), events);
  }

  details(): InferenceDetails {
    return this.#engine.details();
  }

  /** Analyses a file to its end. Throws RoadwatchError with the fault's code where it cannot be read to its end. */
  async analyse(file: string, options: FileAnalysisOptions): Promise<FileSummary> {
    if (options.signal.aborted) throw interrupted();
    const cameraId = `file-${++this.#filesStarted}`;
    let frames = 0;
    const ended = this.#events.untilEnd(cameraId, options.signal, (event) => {
      frames += 1;
      return options.onFrame(event);
    });
    try {
      this.#engine.addCamera({
        cameraId,
        url: resolve(file),
        allowFiles: true,
        transport: 'tcp',
        connectTimeoutMs: fileTimeoutMs,
        readTimeoutMs: fileTimeoutMs,
        intervalMs: options.intervalMs,
        decodePolicy: 'all',
        hardwareDecode: 'none',
        priority: 1,
        maxReuseMs: 0,
        playback: 'every-frame',
      });
      this.#engine.setDemand(cameraId, { raw: false, drawn: options.drawn, crops: false });
      const firstFault = await ended;
      if (frames === 0) throw nothingDecoded(firstFault);
      return { frames, decodeErrors: this.#decodeErrors(cameraId) };
    } finally {
      this.#events.forget();
      await this.#engine.removeCamera(cameraId);
    }
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  #decodeErrors(cameraId: string): number {
    return this.#engine.stats().cameras.find((camera) => camera.cameraId === cameraId)?.decodeErrors ?? 0;
  }
}

function nothingDecoded(fault: Fault | undefined): RoadwatchError {
  return new RoadwatchError(fault?.code ?? 'no-picture', fault?.message ?? 'it holds no picture that can be decoded');
}

function interrupted(): RoadwatchError {
  return new RoadwatchError('interrupted', 'interrupted before its end');
}

interface PlayingFile {
  readonly cameraId: string;
  readonly onDetection: (event: DetectionEvent) => Promise<void>;
  readonly onState: (connection: ConnectionState) => void;
  readonly release: () => void;
}

/** The engine's events, as far as they are about the file that plays now. */
class FileEvents implements EngineListener {
  #playing: PlayingFile | undefined;
  #firstFault: Fault | undefined;

  /** Resolves at the file's end, with the first fault on the way; rejects where the file cannot be read on. */
  untilEnd(
    cameraId: string,
    signal: AbortSignal,
    onDetection: (event: DetectionEvent) => Promise<void>,
  ): Promise<Fault | undefined> {
    this.#firstFault = undefined;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(interrupted());
      signal.addEventListener('abort', onAbort, { once: true });
      this.#playing = {
        cameraId,
        onDetection: (event) => onDetection(event).catch(reject),
        onState: (connection) => {
          if (connection.state === 'ended') resolve(this.#firstFault);
          else if ('fault' in connection) reject(new RoadwatchError(connection.fault.code, connection.fault.message));
        },
        release: () => signal.removeEventListener('abort', onAbort),
      };
    });
  }

  /** From here on, nothing is told of the file. */
  forget(): void {
    this.#playing?.release();
    this.#playing = undefined;
  }

  onDetection(event: DetectionEvent): void | Promise<void> {
    return event.cameraId === this.#playing?.cameraId ? this.#playing.onDetection(event) : undefined;
  }

  onState(cameraId: string, connection: ConnectionState): void {
    if (cameraId === this.#playing?.cameraId) this.#playing.onState(connection);
  }

  onLog(event: LogEvent): void {
    if (event.level === 'info' || event.cameraId !== this.#playing?.cameraId) return;
    this.#firstFault ??= { code: event.code, message: event.message };
  }
}
