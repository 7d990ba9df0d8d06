/** An alert as the wire tells it. */
import type { AlertState } from '../alert/alert-desk.ts';
import type { AlertData } from './messages.ts';

export function alertData({ alert, active, stored }: AlertState): AlertData {
  const { sinceMs, lastSeenMs, acknowledgedAtMs, pictureRevision, ...same } = alert;
  return {
    ...same,
    since: new Date(sinceMs).toISOString(),
    lastSeen: new Date(lastSeenMs).toISOString(),
    active,
    stored,
    acknowledged: acknowledgedAtMs !== undefined,
    ...(acknowledgedAtMs === undefined ? {} : { acknowledgedAt: new Date(acknowledgedAtMs).toISOString() }),
    // Another picture has another address, so that browsers may keep each.
    ...(pictureRevision === undefined ? {} : { picture: `/api/alerts/${alert.id}/picture?v=${pictureRevision}` }),
  };
}
