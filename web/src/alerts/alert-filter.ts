/** What the operator wants to see of the alerts. */
import type { AlertData } from '../../../src/server/messages.ts';

export type AlertLevel = AlertData['level'];

/** From the greatest to the least, as they are listed. */
export const levels: readonly AlertLevel[] = ['high', 'medium', 'low'];

export const periods = ['hour', 'day', 'week', 'all'] as const;
export type Period = (typeof periods)[number];

const periodMs: Readonly<Record<Exclude<Period, 'all'>, number>> = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
};

export interface AlertFilter {
  /** Those that nobody has looked at, or all. */
  readonly view: 'open' | 'history';
  /** Levels that are left out. */
  readonly hidden: readonly AlertLevel[];
  /** Empty: all cameras. */
  readonly cameraId: string;
  readonly period: Period;
  readonly text: string;
}

export const everythingOpen: AlertFilter = { view: 'open', hidden: [], cameraId: '', period: 'all', text: '' };

/** Whether anything but the view is chosen. */
export function isNarrowed({ hidden, cameraId, period, text }: AlertFilter): boolean {
  return hidden.length > 0 || cameraId !== '' || period !== 'all' || text.trim() !== '';
}

/** The query that asks the appliance for it. */
export function queryOf(filter: AlertFilter, nowMs: number, cursor?: string): string {
  const query = new URLSearchParams();
  if (filter.view === 'open') query.set('acknowledged', 'false');
  const shown = levels.filter((level) => !filter.hidden.includes(level));
  if (filter.hidden.length > 0) query.set('level', shown.join(','));
  if (filter.cameraId !== '') query.set('cameraId', filter.cameraId);
  if (filter.period !== 'all') query.set('since', String(nowMs - periodMs[filter.period]));
  if (filter.text.trim() !== '') query.set('text', filter.text.trim());
  if (cursor !== undefined) query.set('cursor', cursor);
  return query.toString();
}

/** The same for an alert that comes by itself. */
export function wants(filter: AlertFilter, alert: AlertData, nowMs: number): boolean {
  if (filter.view === 'open' && alert.acknowledged) return false;
  if (filter.hidden.includes(alert.level)) return false;
  if (filter.cameraId !== '' && alert.cameraId !== filter.cameraId) return false;
  if (filter.period !== 'all' && Date.parse(alert.lastSeen) < nowMs - periodMs[filter.period]) return false;
  const text = filter.text.trim().toLowerCase();
  return [alert.description, alert.cameraId, ...alert.riskTypes].some((part) => part.toLowerCase().includes(text));
}
