import { rankOf } from '../../detect/risk-level.ts';
import type { AlertCursor, AlertFilter } from '../alert-filter.ts';

/** The query for a page of alerts; values are bound, never written into it. */
export function listQuery(
  filter: AlertFilter,
  limit: number,
  after?: AlertCursor,
): { readonly sql: string; readonly values: readonly unknown[] } {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const add = (condition: string, ...bound: readonly unknown[]) => {
    conditions.push(condition);
    values.push(...bound);
  };
  const { cameraId, levels, sinceMs, untilMs, acknowledged, text } = filter;
  if (cameraId !== undefined) add('camera_id = ?', cameraId);
  if (levels !== undefined) add(`level IN (${levels.map(() => '?').join(', ')})`, ...levels.map(rankOf));
  if (sinceMs !== undefined) add('last_seen_ms >= ?', sinceMs);
  if (untilMs !== undefined) add('since_ms <= ?', untilMs);
  if (acknowledged !== undefined) add(`acknowledged_at_ms IS ${acknowledged ? 'NOT NULL' : 'NULL'}`);
  if (text !== undefined) {
    const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    const columns = ['description', 'risk_types', 'camera_id'];
    add(`(${columns.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR ')})`, pattern, pattern, pattern);
  }
  if (after !== undefined) add('(since_ms, id) < (?, ?)', after.sinceMs, after.id);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const sql = `SELECT * FROM alerts ${where} ORDER BY since_ms DESC, id DESC LIMIT ?`;
  return { sql, values: [...values, limit] };
}
