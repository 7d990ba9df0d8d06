/** An alert's times and reasons, as an operator reads them. */
import type { AlertData } from '../../../src/server/messages.ts';
import type { Texts } from '../i18n/en.ts';
import { momentWords } from '../i18n/moments.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** "4 s ago", "12 min ago", and from an hour on the time of day. */
export function agoWords(iso: string, nowMs: number, texts: Pick<Texts, 'age' | 'minutesAgo'>): string {
  const ms = Date.parse(iso);
  const agoMs = Math.max(0, nowMs - ms);
  if (agoMs < minuteMs) return texts.age(Math.floor(agoMs / 1000));
  if (agoMs < hourMs) return texts.minutesAgo(Math.floor(agoMs / minuteMs));
  return momentWords(iso, nowMs);
}

/** The kinds of risk in the page's language; one that it has no word for as it came. */
export function reasonWords(riskTypes: readonly string[], texts: Pick<Texts, 'riskTypes'>): string[] {
  return riskTypes.map((type) => texts.riskTypes[type] ?? type.replaceAll('_', ' '));
}

/** "3: person, car" */
export function memberWords(
  { objectCount, classes }: Pick<AlertData, 'objectCount' | 'classes'>,
  texts: Pick<Texts, 'classes'>,
): string {
  const names = classes.map((name) => texts.classes[name] ?? name).join(', ');
  return names === '' ? String(objectCount) : `${objectCount}: ${names}`;
}

/** Who judged. */
export function sourceWords(alert: Pick<AlertData, 'source' | 'model'>, texts: Pick<Texts, 'judgedBy'>): string {
  const { source = 'model', model = '' } = alert;
  return texts.judgedBy[source]?.(model) ?? source;
}
