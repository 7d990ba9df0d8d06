/** An alert as a row of the store. */
import type { RiskLevel } from '../../detect/detection-message.ts';
import { rankOf, riskLevels } from '../../detect/risk-level.ts';
import type { Alert } from '../alert.ts';

export interface AlertRow {
  readonly id: string;
  readonly camera_id: string;
  /** 1 low, 2 medium, 3 high. */
  readonly level: number;
  readonly since_ms: number;
  readonly last_seen_ms: number;
  readonly count: number;
  readonly revision: number;
  readonly description: string;
  /** JSON, as are classes and bbox. */
  readonly risk_types: string;
  readonly confidence: number;
  readonly source: string | null;
  readonly model: string | null;
  readonly request_id: string;
  readonly danger_object_count: number;
  readonly object_count: number;
  readonly classes: string;
  readonly bbox: string | null;
  readonly image_width: number | null;
  readonly image_height: number | null;
  readonly picture_revision: number | null;
  readonly acknowledged_at_ms: number | null;
  readonly verdict: string | null;
}

export function rowOf(alert: Alert): AlertRow {
  return {
    id: alert.id,
    camera_id: alert.cameraId,
    level: rankOf(alert.level),
    since_ms: alert.sinceMs,
    last_seen_ms: alert.lastSeenMs,
    count: alert.count,
    revision: alert.revision,
    description: alert.description,
    risk_types: JSON.stringify(alert.riskTypes),
    confidence: alert.confidence,
    source: alert.source ?? null,
    model: alert.model ?? null,
    request_id: alert.requestId,
    danger_object_count: alert.dangerObjectCount,
    object_count: alert.objectCount,
    classes: JSON.stringify(alert.classes),
    bbox: alert.bbox === undefined ? null : JSON.stringify(alert.bbox),
    image_width: alert.imageWidth ?? null,
    image_height: alert.imageHeight ?? null,
    picture_revision: alert.pictureRevision ?? null,
    acknowledged_at_ms: alert.acknowledgedAtMs ?? null,
    verdict: alert.verdict ?? null,
  };
}

export function alertOf(row: AlertRow): Alert {
  const level: RiskLevel = riskLevels[row.level] ?? 'low';
  return {
    id: row.id,
    cameraId: row.camera_id,
    level: level === 'none' ? 'low' : level,
    sinceMs: row.since_ms,
    lastSeenMs: row.last_seen_ms,
    count: row.count,
    revision: row.revision,
    description: row.description,
    riskTypes: parsed<string[]>(row.risk_types) ?? [],
    confidence: row.confidence,
    requestId: row.request_id,
    dangerObjectCount: row.danger_object_count,
    objectCount: row.object_count,
    classes: parsed<string[]>(row.classes) ?? [],
    ...present('source', row.source),
    ...present('model', row.model),
    ...present('bbox', row.bbox === null ? null : parsed<NonNullable<Alert['bbox']>>(row.bbox)),
    ...present('imageWidth', row.image_width),
    ...present('imageHeight', row.image_height),
    ...present('pictureRevision', row.picture_revision),
    ...present('acknowledgedAtMs', row.acknowledged_at_ms),
    ...present('verdict', row.verdict as Alert['verdict'] | null),
  };
}

/** What we wrote as JSON; null where a disk has changed it: one such row must not hide the others. */
function parsed<Value>(text: string): Value | null {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return null;
  }
}

/** A field where it has a value; nothing else. */
function present<Name extends keyof Alert>(
  name: Name,
  value: Alert[Name] | null,
): { readonly [Key in Name]?: Exclude<Alert[Name], undefined> } {
  return (value === null || value === undefined ? {} : { [name]: value }) as never;
}
