import type { UplinkData } from '../../../src/server/messages.ts';
import { ask } from '../connection/ask.ts';

/** An appliance that takes longer is away. */
const timeoutMs = 8000;

/** What waits for the brokers. Rejects with words for the operator's log. */
export function readUplink(): Promise<UplinkData> {
  return ask<UplinkData>('/api/uplink', { signal: AbortSignal.timeout(timeoutMs) });
}
