import { RoadwatchError } from '../../errors.ts';
import { Examination, type Finding } from '../../uplink/offline/examination.ts';
import { OutboxReading } from '../../uplink/offline/outbox-reading.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { complain, printLine } from '../output.ts';
import type { OutboxFlags } from './describe.ts';
import { outboxOf } from './outbox-file.ts';
import { countText, sizeText } from './words.ts';

export interface CheckFlags extends OutboxFlags {
  readonly quick?: boolean;
}

/** That many of what is wrong are in the JSON line; the rest is counted. */
const maxReported = 100;

/** `roadwatch outbox check`: whether a file of the outbox is as it was written. 1 where it is not. */
export async function checkOutbox(flags: CheckFlags): Promise<ExitCode> {
  const { path } = outboxOf(flags);
  const found: Finding[] = [];
  let count = 0;
  const report = async (finding: Finding) => {
    count += 1;
    if (found.length < maxReported) found.push(finding);
    if (!flags.json) await printLine(`FAIL  ${placeText(finding)}: ${finding.what}`);
  };
  const read = await examine(path, flags.quick === true, report);
  const ok = count === 0;
  if (flags.json) {
    await printLine(JSON.stringify({ ok, file: path, ...read, findings: found, more: count - found.length }));
  } else if (ok) {
    await printLine(`ok    ${path}: ${readText(read)}`);
  } else {
    complain(
      'the service sets aside what is damaged when it starts, and sends the rest; before, `roadwatch outbox export` takes out what can be read',
    );
  }
  return ok ? exitCodes.ok : exitCodes.failure;
}

type Read = Partial<Examination['read']>;

/** A file that is so damaged that it cannot be opened is a finding, too. */
async function examine(path: string, isQuick: boolean, report: (finding: Finding) => Promise<void>): Promise<Read> {
  let reading: OutboxReading;
  try {
    reading = new OutboxReading(path);
  } catch (error) {
    if (!(error instanceof RoadwatchError) || error.code !== 'store-damaged') throw error;
    await report({ where: 'structure', what: error.message });
    return {};
  }
  try {
    const examination = new Examination(reading);
    for (const finding of examination.findings(isQuick)) await report(finding);
    return isQuick ? {} : examination.read;
  } finally {
    reading.close();
  }
}

function placeText({ where, seq }: Finding): string {
  return seq === undefined ? where : `${where} ${seq}`;
}

function readText({ records, deadLetters, bytes }: Read): string {
  if (records === undefined || deadLetters === undefined || bytes === undefined) return 'its structure is whole';
  const all = `${countText(records, 'message')} and ${countText(deadLetters, 'dead letter')}`;
  return `${all} read, ${sizeText(bytes)}, as they were written`;
}
