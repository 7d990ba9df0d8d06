/** How the stores of a box are, as far as they can be looked at beside a service that runs. */
import type { Config } from '../config/schema.ts';
import { inspectStore } from '../sqlite/inspect-store.ts';
import { Examination, type Finding } from '../uplink/offline/examination.ts';
import { OutboxReading } from '../uplink/offline/outbox-reading.ts';

/** Of what is wrong with an outbox; `roadwatch outbox check` has all of it. */
const maxFindings = 20;

export function storeFacts({ alerts, uplink, kafka }: Config): object[] {
  const stores: object[] = [];
  if (alerts.databasePath !== ':memory:')
    stores.push({ store: 'alerts', ...inspectStore(alerts.databasePath, 'alert history') });
  if (uplink.enabled || kafka.enabled) stores.push({ store: 'outbox', ...outboxFacts(uplink.outboxPath) });
  return stores;
}

/** One that a service has for itself is told of by that service (`/api/uplink`). */
function outboxFacts(path: string): object {
  const inspection = inspectStore(path, 'outbox');
  if (inspection.state !== 'sound') return inspection;
  const reading = new OutboxReading(path);
  try {
    const findings: Finding[] = [];
    // Its structure and its sums: the records themselves may be gigabytes.
    for (const finding of new Examination(reading).findings(true)) {
      findings.push(finding);
      if (findings.length === maxFindings) break;
    }
    return { ...inspection, findings };
  } finally {
    reading.close();
  }
}
