import { appendFileSync, renameSync, statSync } from 'node:fs';
import { frameHead, frameHeadBytes } from './record-frame.ts';

/** Of one file; the one before it is kept as well. */
const maxFileBytes = 16 * 1_048_576;
/** Of one record. */
const maxRecordBytes = 1_048_576;

/**
 * Where the bytes of damaged records go, a JSON line each with what could be read of them: nothing of it is sure. Beside the
 * outbox, at most twice 16 MiB: the older file ends in `.1`.
 */
export class Quarantine {
  readonly #path: string;

  constructor(databasePath: string) {
    this.#path = quarantinePath(databasePath);
  }

  /** A disk that does not take it keeps nothing: the records are counted all the same. `atMs` is UTC. */
  add(bytes: Buffer, reason: string, atMs: number): void {
    try {
      const line = `${JSON.stringify({ at: new Date(atMs).toISOString(), reason, ...described(bytes) })}\n`;
      const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > 0 && size + line.length > maxFileBytes) renameSync(this.#path, `${this.#path}.1`);
      appendFileSync(this.#path, line, { mode: 0o600, flush: true });
    } catch {}
  }
}

export function quarantinePath(databasePath: string): string {
  return `${databasePath}-quarantine.jsonl`;
}

function described(bytes: Buffer) {
  const kept = bytes.subarray(0, maxRecordBytes);
  const base = { length: bytes.length, base64: kept.toString('base64') };
  const head = frameHead(bytes);
  if (head === undefined) return base;
  const { seq, storedAtMs, isHigh, topicBytes, keyBytes, idBytes } = head;
  const keyAt = frameHeadBytes + topicBytes;
  const idAt = keyAt + keyBytes;
  return {
    seq,
    storedAtMs,
    urgency: isHigh ? 'high' : 'normal',
    topic: kept.toString('utf8', frameHeadBytes, keyAt),
    key: kept.toString('utf8', keyAt, idAt),
    id: kept.toString('utf8', idAt, idAt + idBytes),
    ...base,
  };
}
