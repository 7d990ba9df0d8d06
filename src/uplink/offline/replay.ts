/** Brings back into the queue what was put out of it, so that the service sends it when it starts. */
import type { OutgoingRecord } from '../../bus/outgoing-record.ts';
import type { Clock } from '../../time/clock.ts';
import { evictionReasons } from '../outbox-status.ts';
import { deadPages } from '../store/dead-pages.ts';
import type { OutboxDatabase, OutboxLimits } from '../store/outbox-database.ts';
import { OutboxKeeper } from '../store/outbox-keeper.ts';
import type { ReplaySelection } from '../store/outbox-store.ts';
import type { Totals } from '../store/outbox-totals.ts';
import { framesOf } from '../store/record-frame.ts';
import { keepOwner } from './keep-owner.ts';
import { expectFile, OutboxReading, readingError } from './outbox-reading.ts';
import type { ReplayPlace } from './places.ts';
import { type QuarantineOutcome, replayQuarantine } from './quarantine-replay.ts';

/** What is brought back from the quarantine in one commit. */
const commitRecords = 100;
const pageRows = 200;

export interface ReplayRequest {
  readonly path: string;
  readonly places: ReadonlySet<ReplayPlace>;
  readonly selection: ReplaySelection;
}

export interface ReplayOutcome extends QuarantineOutcome {
  /** Dead letters that were selected and are whole. */
  readonly deadLetters: number;
  /** Dead letters that are damaged: they go into the quarantine. */
  readonly damaged: number;
  /** Records that have to go, or lose their pictures, so that the queue keeps to its bound; unknown before. */
  readonly evicted?: number;
}

const noneQuarantined: QuarantineOutcome = { quarantined: 0, beyondMending: 0 };

/** What `replay` would do. Changes nothing; see OutboxReading for what is thrown. */
export function planReplay({ path, places, selection }: ReplayRequest): ReplayOutcome {
  const reading = new OutboxReading(path);
  try {
    let deadLetters = 0;
    let damaged = 0;
    const pages = places.has('dead') ? deadPages(reading.tables, selection, pageRows) : [];
    for (const page of pages) {
      deadLetters += page.whole.length;
      damaged += page.damaged.length;
    }
    const quarantine = places.has('quarantine') ? replayQuarantine(path, selection) : noneQuarantined;
    return { deadLetters, damaged, ...quarantine };
  } catch (error) {
    throw readingError(error, path);
  } finally {
    reading.close();
  }
}

/**
 * Opens the file as the service does, and repairs it where it has to be: `onTrouble` is told. Throws RoadwatchError:
 * `no-outbox`, `store-busy` where a service runs, and what else the store says. What was brought back until then stays so.
 */
export function replay(
  request: ReplayRequest,
  limits: OutboxLimits,
  clock: Clock,
  onTrouble: (message: string) => void,
): ReplayOutcome {
  const { path } = request;
  expectFile(path);
  return keepOwner(path, () => {
    const keeper = new OutboxKeeper({ path, limits }, clock, ({ message }) => onTrouble(message));
    try {
      return replayIn(keeper.open(), request);
    } catch (error) {
      throw readingError(error, path);
    } finally {
      keeper.handle([{ id: 0, name: 'close', given: {} }]);
    }
  });
}

function replayIn(database: OutboxDatabase, { path, places, selection }: ReplayRequest): ReplayOutcome {
  const before = database.totals;
  const deadLetters = places.has('dead') ? database.replay(selection) : 0;
  const damaged = database.totals.quarantined - before.quarantined;
  const quarantine = places.has('quarantine')
    ? replayQuarantine(path, selection, (records) => append(database, records))
    : noneQuarantined;
  const evicted = evictionsOf(database.totals) - evictionsOf(before) - damaged;
  return { deadLetters, damaged, ...quarantine, evicted };
}

function append(database: OutboxDatabase, records: readonly OutgoingRecord[]): void {
  for (let at = 0; at < records.length; at += commitRecords) {
    const frames = framesOf(records.slice(at, at + commitRecords));
    database.commit([{ frames, confirmed: [], refused: [] }]);
  }
}

function evictionsOf({ evicted }: Pick<Totals, 'evicted'>): number {
  return evictionReasons.reduce((sum, reason) => sum + evicted[reason], 0);
}
