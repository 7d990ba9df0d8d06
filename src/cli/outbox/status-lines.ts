/** What is said of an outbox, for people. */
import type { Sums } from '../../uplink/store/queue-tables.ts';
import type { OutboxReport } from './status.ts';
import { ageText, countText, sizeText } from './words.ts';

export function statusLines(report: OutboxReport): string[] {
  const { fileBytes, limits } = report;
  const quota = `${sizeText(limits.maxBytes)}, for ${ageText(limits.maxAgeMs)}; refused ones ${sizeText(limits.maxDeadBytes)}`;
  return [
    line('outbox', `${report.file}: ${stateText(report)}`),
    ...waitingLines(report),
    ...refusedLines(report),
    line('damaged', report.quarantine.records === 0 ? 'none' : `${sumsText(report.quarantine)} in the quarantine file`),
    ...evictedLines(report),
    line('file', `${sizeText(fileBytes)}; may hold ${quota}`),
  ];
}

function stateText({ state, heldBy, service }: OutboxReport): string {
  if (state === 'closed') return 'closed';
  if (state === 'left-open') return 'closed, not by the process that had it: it ended before';
  const who = heldBy === undefined ? 'in use' : `in use by process ${heldBy.pid}`;
  const what = heldBy?.command === undefined ? '' : ` (${heldBy.command})`;
  const link = service?.status === undefined ? '' : `, link ${service.status.link.state}`;
  const disk = service?.status?.disk.state === 'failing' ? `, disk failing: ${service.status.disk.message ?? ''}` : '';
  const fault = service?.fault === undefined ? '' : `; no answer from ${service.url}: ${service.fault}`;
  return `${who}${what}${link}${disk}${fault}`;
}

function waitingLines({ records, bytes, oldestAgeMs, byUrgency, byTopic, service }: OutboxReport): string[] {
  if (records === undefined || bytes === undefined) return [];
  if (records === 0) return [line('waiting', 'none')];
  const lanes = service?.status?.lanes;
  const parts = [
    sumsText({ records, bytes }),
    `the oldest for ${ageText(oldestAgeMs ?? 0)}`,
    ...(byUrgency === undefined ? [] : [`${byUrgency.high.records.toLocaleString('en')} of high risk`]),
    ...(lanes === undefined || lanes.live === records
      ? []
      : [`${lanes.high} high, ${lanes.live} live, ${lanes.backlog} backlog`]),
  ];
  const topics = Object.entries(byTopic ?? {}).map(([topic, sums]) => line('', `${topic}: ${sumsText(sums)}`));
  return [line('waiting', parts.join('; ')), ...topics];
}

function refusedLines({ deadLetters }: OutboxReport): string[] {
  if (deadLetters === undefined) return [];
  const dropped = deadLetters.dropped === 0 ? '' : `; ${countText(deadLetters.dropped, 'older one')} had to go`;
  const reasons = Object.entries(deadLetters.byReason ?? {}).map(([code, count]) =>
    line('', `${code}: ${countText(count, 'message')}`),
  );
  return [line('refused', `${deadLetters.records === 0 ? 'none' : sumsText(deadLetters)}${dropped}`), ...reasons];
}

function evictedLines({ evicted, state }: OutboxReport): string[] {
  const reasons = Object.entries(evicted ?? {}).filter(([, count]) => count > 0);
  if (reasons.length === 0) return [];
  const since = state === 'in-use' ? 'since the service has started' : 'since the file was begun';
  const counts = reasons.map(([reason, count]) => `${count.toLocaleString('en')} ${reason}`);
  return [line('given up', `${counts.join(', ')}, ${since}`)];
}

function sumsText({ records, bytes }: Sums): string {
  return `${countText(records, 'message')}, ${sizeText(bytes)}`;
}

function line(name: string, text: string): string {
  return `${name.padEnd('given up'.length + 2)}${text}`;
}
