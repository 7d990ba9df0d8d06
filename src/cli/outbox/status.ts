import { errorCode } from '../../errors.ts';
import { type FileHolder, holderOf } from '../../uplink/offline/file-holder.ts';
import { expectFile, fileBytes, OutboxReading, readingError } from '../../uplink/offline/outbox-reading.ts';
import { type OutboxSummary, summarize } from '../../uplink/offline/outbox-summary.ts';
import { quarantineSums } from '../../uplink/offline/quarantine-reading.ts';
import { outboxLimits } from '../../uplink/store/open-outbox-store.ts';
import type { OutboxLimits } from '../../uplink/store/outbox-database.ts';
import type { Sums } from '../../uplink/store/queue-tables.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { printLine } from '../output.ts';
import type { OutboxFlags } from './describe.ts';
import { outboxOf } from './outbox-file.ts';
import { askRunningOutbox, type RunningOutbox, type RunningStatus } from './running-outbox.ts';
import { statusLines } from './status-lines.ts';

export interface StatusFlags extends OutboxFlags {
  readonly topics?: boolean;
}

/** What is known of an outbox; `--json` prints it. Ages in milliseconds. */
export interface OutboxReport {
  readonly file: string;
  /** `left-open`: the process that had it last did not close it; `in-use`: one has it now. */
  readonly state: 'closed' | 'left-open' | 'in-use';
  readonly heldBy?: FileHolder;
  readonly limits: OutboxLimits;
  readonly fileBytes: number;
  readonly quarantine: Sums;
  readonly records?: number;
  readonly bytes?: number;
  readonly oldestAgeMs?: number;
  readonly byUrgency?: OutboxSummary['byUrgency'];
  readonly byTopic?: OutboxSummary['byTopic'];
  readonly deadLetters?: Sums & { readonly dropped: number; readonly byReason?: Readonly<Record<string, number>> };
  /** Since the file was begun; where it is in use, since the service has started. */
  readonly evicted?: Readonly<Record<string, number>>;
  /** The service that has it: where it was asked, and what it said or why it did not. */
  readonly service?: { readonly url: string; readonly status?: RunningStatus; readonly fault?: string };
}

/** `roadwatch outbox status`: what waits, what was refused, what is damaged. 3 where a service has it and does not answer. */
export async function showOutbox(flags: StatusFlags): Promise<ExitCode> {
  const { config, path } = outboxOf(flags);
  expectFile(path);
  const limits = outboxLimits(config.uplink);
  const report =
    reportOf(path, limits, flags.topics === true) ?? reportOfRunning(path, limits, await askRunningOutbox(config));
  if (flags.json) await printLine(JSON.stringify(report));
  else for (const line of statusLines(report)) await printLine(line);
  return report.service?.fault === undefined ? exitCodes.ok : exitCodes.partial;
}

/** Undefined where somebody has the file. */
function reportOf(path: string, limits: OutboxLimits, withTopics: boolean): OutboxReport | undefined {
  let reading: OutboxReading;
  try {
    reading = new OutboxReading(path);
  } catch (error) {
    if (errorCode(error) === 'store-busy') return undefined;
    throw error;
  }
  try {
    const { wasLeftOpen, oldestStoredAtMs, ...summary } = summarize(reading, { withTopics });
    const oldestAgeMs = oldestStoredAtMs === undefined ? 0 : Math.max(0, Date.now() - oldestStoredAtMs);
    return { file: path, state: wasLeftOpen ? 'left-open' : 'closed', limits, oldestAgeMs, ...summary };
  } catch (error) {
    throw readingError(error, path);
  } finally {
    reading.close();
  }
}

function reportOfRunning(path: string, limits: OutboxLimits, service: RunningOutbox): OutboxReport {
  const heldBy = holderOf(path);
  const facts = {
    file: path,
    state: 'in-use' as const,
    ...(heldBy === undefined ? {} : { heldBy }),
    limits,
    fileBytes: fileBytes(path),
    quarantine: quarantineSums(path),
  };
  if ('fault' in service) return { ...facts, service };
  const { depth, bytes, oldestAgeMs, evicted, deadLetters } = service.status;
  return { ...facts, records: depth, bytes, oldestAgeMs, evicted, deadLetters, service };
}
