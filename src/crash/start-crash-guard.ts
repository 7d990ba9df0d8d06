/** Learns from how the process before has ended, and guards the engine of this one. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, EngineListener } from '../detect/engine.ts';
import { errorMessage } from '../errors.ts';
import type { Log } from '../log.ts';
import { native } from '../native.ts';
import { realClock } from '../time/clock.ts';
import { CrashBook, crashesUntilSetAside } from './crash-book.ts';
import { CrashGuard } from './crash-guard.ts';

export interface CrashWatch {
  /** For the engine: where it notes what it decodes. */
  readonly decodeMarksFile: string;
  guard(engine: Engine, onState: EngineListener['onState']): Engine;
}

/** To be called before the engine starts, which makes the marks anew. `folder` is the service's own (state folder). */
export function openCrashWatch(folder: string, version: string, log: Log): CrashWatch {
  const decodeMarksFile = join(folder, 'decoding.marks');
  const book = new CrashBook({
    path: join(folder, 'crashes.json'),
    version,
    onTrouble: (message) => log.warn({ code: 'crash-book' }, message),
  });
  const counts = book.count(suspectsIn(decodeMarksFile, log), realClock.nowMs());
  for (const [cameraId, count] of counts) {
    log.error(
      { code: 'crashed', cameraId, count },
      `the service ended without having been told to while it decoded camera ${cameraId}: ${count} of ${crashesUntilSetAside} times until it is set aside`,
    );
  }
  makeFolder(folder);
  return { decodeMarksFile, guard: (engine, onState) => new CrashGuard(engine, book, onState) };
}

function suspectsIn(file: string, log: Log): readonly string[] {
  try {
    return native.decodeSuspects(file);
  } catch (error) {
    log.warn({ code: 'crash-book' }, errorMessage(error));
    return [];
  }
}

/** Where that fails the engine says that it cannot make its file there, and does without. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    // Told by whoever writes there.
  }
}
