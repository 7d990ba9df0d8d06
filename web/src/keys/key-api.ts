import type { KeyListData } from '../../../src/server/messages.ts';
import { ask } from '../connection/ask.ts';

/** An appliance that takes longer is away. */
const timeoutMs = 8000;

/** Who judges, and how the API keys stand. Rejects with words for the operator's log. */
export function readKeys(): Promise<KeyListData> {
  return ask<KeyListData>('/api/keys', { signal: AbortSignal.timeout(timeoutMs) });
}
