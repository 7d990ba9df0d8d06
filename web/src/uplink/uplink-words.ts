import type { UplinkData } from '../../../src/server/messages.ts';
import type { Texts } from '../i18n/en.ts';
import { wholeNumber } from '../i18n/numbers.ts';

export type UplinkTone = 'good' | 'warning' | 'bad';

export interface UplinkWords {
  readonly tone: UplinkTone;
  readonly headline: string;
  /** What else there is to know, one thing a line. */
  readonly details: readonly string[];
}

/** What a working link has under way is no backlog. */
const fewRecords = 200;

type Outbox = NonNullable<UplinkData['outbox']>;

/** How what goes to the brokers gets on, in words. */
export function uplinkWords(outbox: Outbox, texts: Texts): UplinkWords {
  const { link, disk, evicted, deadLetters, waiting } = outbox;
  const gone = Object.values(evicted).reduce((sum, count) => sum + count, 0);
  const details = [
    link.state === 'failing' ? link.message : '',
    disk.state === 'failing' ? disk.message : '',
    waiting.records > 0 ? texts.uplinkUnsaved(wholeNumber(waiting.records)) : '',
    gone > 0 ? texts.uplinkGivenUp(wholeNumber(gone)) : '',
    deadLetters.records > 0 ? refusedWords(deadLetters, texts) : '',
  ].filter(Boolean);
  const isTroubled = gone > 0 || deadLetters.records > 0;
  const tone = disk.state === 'failing' ? 'bad' : isWorking(outbox) && !isTroubled ? 'good' : 'warning';
  return { tone, headline: headlineOf(outbox, texts), details };
}

/** Each reason as the broker's client names it: what is done about it is looked up by that name. */
function refusedWords({ records, byReason }: Outbox['deadLetters'], texts: Texts): string {
  const reasons = Object.entries(byReason).map(([reason, count]) => `${reason} (${wholeNumber(count)})`);
  return texts.uplinkRefused(wholeNumber(records), reasons.join(texts.comma));
}

function isWorking({ link, depth }: Outbox): boolean {
  return depth <= fewRecords && (link.state === 'connected' || link.state === 'connecting');
}

function headlineOf({ link, disk, depth, oldestAgeMs }: Outbox, texts: Texts): string {
  if (disk.state === 'failing') return texts.uplinkDisk;
  if (link.state === 'connected') {
    return depth > fewRecords ? texts.uplinkCatchingUp(wholeNumber(depth)) : texts.uplinkWorks;
  }
  if (depth === 0) return texts.uplinkConnecting;
  return texts.uplinkAway(wholeNumber(depth), ageWords(oldestAgeMs, texts));
}

function ageWords(ageMs: number, texts: Texts): string {
  const seconds = Math.round(ageMs / 1000);
  if (seconds < 120) return texts.seconds(seconds);
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? texts.minutes(minutes) : texts.hours(Math.round(minutes / 60));
}
