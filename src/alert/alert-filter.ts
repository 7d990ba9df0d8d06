/** Which alerts somebody asks for, and how far they have got in the list. */
import type { Alert } from './alert.ts';
import type { AlertLevel } from './alert-level.ts';

export interface AlertFilter {
  readonly cameraId?: string;
  /** Any of these. */
  readonly levels?: readonly AlertLevel[];
  /** UTC ms: last seen then or later. */
  readonly sinceMs?: number;
  /** UTC ms: begun then or earlier. */
  readonly untilMs?: number;
  readonly acknowledged?: boolean;
  /** Part of the description, of a kind of risk or of a camera's id; upper and lower case are one for ASCII. */
  readonly text?: string;
}

/** A place in the list of alerts, newest first: what comes after it is older. */
export interface AlertCursor {
  readonly sinceMs: number;
  readonly id: string;
}

export interface AlertPage {
  /** The latest to begin first. */
  readonly alerts: readonly Alert[];
  /** Where the next page begins; none where this is the last. */
  readonly next?: AlertCursor;
}

export function cursorText({ sinceMs, id }: AlertCursor): string {
  return `${sinceMs}_${id}`;
}

/** Undefined where the text is no cursor. */
export function parseCursor(text: string): AlertCursor | undefined {
  const parts = /^(\d{1,16})_([\w-]{1,64})$/.exec(text);
  return parts === null ? undefined : { sinceMs: Number(parts[1]), id: String(parts[2]) };
}

/** The same as the store's query, for alerts that are not in the store. */
export function matches(alert: Alert, filter: AlertFilter): boolean {
  const { cameraId, levels, sinceMs, untilMs, acknowledged, text } = filter;
  if (cameraId !== undefined && alert.cameraId !== cameraId) return false;
  if (levels !== undefined && !levels.includes(alert.level)) return false;
  if (sinceMs !== undefined && alert.lastSeenMs < sinceMs) return false;
  if (untilMs !== undefined && alert.sinceMs > untilMs) return false;
  if (acknowledged !== undefined && (alert.acknowledgedAtMs !== undefined) !== acknowledged) return false;
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  return [alert.description, alert.cameraId, ...alert.riskTypes].some((part) => part.toLowerCase().includes(wanted));
}
