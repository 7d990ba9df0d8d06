/** What the outbox tells of itself: for metrics, health and the page. */

/**
 * Why something is given up. `pictures`: a message lost its pictures to make room; of all others the message itself is
 * gone. `quota`: more than `maxMegabytes`; `age`: older than `maxAgeHours`; `corrupt`: damaged on the disk; `disk-full`: the
 * disk had no room or took nothing; `overrun`: it came faster than the disk takes it.
 */
export const evictionReasons = ['pictures', 'quota', 'age', 'corrupt', 'disk-full', 'overrun'] as const;

export type EvictionReason = (typeof evictionReasons)[number];

export type EvictionCounts = Readonly<Record<EvictionReason, number>>;

/** The way to the broker, as its reports tell of it. All times are UTC milliseconds. */
export type LinkState =
  /** Nothing has been confirmed yet. */
  | { readonly state: 'connecting'; readonly sinceMs: number }
  | { readonly state: 'connected'; readonly sinceMs: number }
  /** Records are under way and none was confirmed for a while: the sender is trying. */
  | { readonly state: 'silent'; readonly sinceMs: number }
  /** The sender gave records back; they are tried again at `nextTryMs`. */
  | {
      readonly state: 'failing';
      readonly sinceMs: number;
      readonly nextTryMs: number;
      /** In a row. */
      readonly failures: number;
      readonly code: string;
      readonly message: string;
    }
  | { readonly state: 'closed'; readonly sinceMs: number };

/** Whether the disk takes what comes, and gives what it has. */
export type DiskState =
  | { readonly state: 'ok' }
  /** Records wait: in memory, where it takes none; on the disk, where it can't be read. It is tried again. */
  | { readonly state: 'failing'; readonly sinceMs: number; readonly code: string; readonly message: string };

export interface OutboxStatus {
  /** Records on disk, dead letters not among them. */
  readonly depth: number;
  /** What these hold, pictures included. */
  readonly bytes: number;
  /** What the file takes on the disk. */
  readonly fileBytes: number;
  /** How long the oldest record has been there. */
  readonly oldestAgeMs: number;
  /** Records of `depth` by the lane they wait in. While the backlog is short all are `live`: they go in one order. */
  readonly lanes: { readonly high: number; readonly live: number; readonly backlog: number };
  /** Accepted into memory and not on disk yet. */
  readonly waiting: { readonly records: number; readonly bytes: number };
  /** With the sender, and not confirmed. */
  readonly inFlight: number;
  /** Confirmed by the broker since the start. */
  readonly sent: number;
  readonly evicted: EvictionCounts;
  readonly deadLetters: {
    readonly records: number;
    readonly bytes: number;
    /** Of `records`, by librdkafka's name of the fault. */
    readonly byReason: Readonly<Record<string, number>>;
    /** Refused since the start. */
    readonly refused: number;
    /** Let go since the start, to stay within `deadLetterMegabytes`. */
    readonly dropped: number;
  };
  /** Put into the quarantine file since the start. */
  readonly quarantined: number;
  /** Damaged files that were put aside since the start; what could be read of them is sent. */
  readonly repairs: number;
  readonly link: LinkState;
  readonly disk: DiskState;
}
