import type { OutboxStatus } from '../../src/uplink/outbox-status.ts';

/** An outbox of which all is well, but for what is given. */
export function outboxStatus(overrides: Partial<OutboxStatus> = {}): OutboxStatus {
  return {
    depth: 0,
    bytes: 0,
    fileBytes: 4096,
    oldestAgeMs: 0,
    lanes: { high: 0, live: 0, backlog: 0 },
    waiting: { records: 0, bytes: 0 },
    inFlight: 0,
    sent: 0,
    evicted: { pictures: 0, quota: 0, age: 0, corrupt: 0, 'disk-full': 0, overrun: 0 },
    deadLetters: { records: 0, bytes: 0, byReason: {}, refused: 0, dropped: 0 },
    quarantined: 0,
    repairs: 0,
    link: { state: 'connected', sinceMs: 0 },
    disk: { state: 'ok' },
    ...overrides,
  };
}
