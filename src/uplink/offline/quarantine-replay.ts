/** Takes out of the quarantine what can be sent after all. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { OutgoingRecord } from '../../bus/outgoing-record.ts';
import type { ReplaySelection } from '../store/outbox-store.ts';
import { type Quarantined, quarantinedIn, quarantineFiles } from './quarantine-reading.ts';

export interface QuarantineOutcome {
  /** Records that can be sent. */
  readonly quarantined: number;
  /** Selected, and too damaged to be sent: they stay. */
  readonly beyondMending: number;
}

/**
 * Hands over the records that are selected and whole, all of a file at a time, and takes them out of it when `takeOver` has
 * returned: what is in both after a crash goes twice, and readers know it by its id. Without `takeOver` nothing is changed.
 */
export function replayQuarantine(
  databasePath: string,
  selection: ReplaySelection,
  takeOver?: (records: readonly OutgoingRecord[]) => void,
): QuarantineOutcome {
  let quarantined = 0;
  let beyondMending = 0;
  for (const file of quarantineFiles(databasePath)) {
    const entries = [...quarantinedIn(file)];
    const taken = new Set(entries.filter((entry) => entry.record !== undefined && isSelected(entry, selection)));
    quarantined += taken.size;
    beyondMending += entries.filter((entry) => entry.record === undefined && isSelected(entry, selection)).length;
    if (takeOver === undefined || taken.size === 0) continue;
    takeOver([...taken].flatMap(({ record }) => record ?? []));
    rewrite(
      file,
      entries.filter((entry) => !taken.has(entry)),
    );
  }
  return { quarantined, beyondMending };
}

/** What is there was not refused, so it has no `code`; and what nobody knows of a record is not what was asked for. */
function isSelected({ facts, record }: Quarantined, { code, topic, sinceMs, ids }: ReplaySelection): boolean {
  const known = record ?? facts;
  return (
    code === undefined &&
    (topic === undefined || topic === known?.topic) &&
    (ids === undefined || (known?.id !== undefined && ids.includes(known.id))) &&
    (sinceMs === undefined || (facts !== undefined && Date.parse(facts.at) >= sinceMs))
  );
}

function rewrite(file: string, entries: readonly Quarantined[]): void {
  if (entries.length === 0) {
    rmSync(file);
    return;
  }
  const draft = `${file}.new`;
  writeFileSync(draft, entries.map(({ text }) => `${text}\n`).join(''), { mode: 0o600, flush: true });
  renameSync(draft, file);
}
