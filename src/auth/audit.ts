/** What is written down of what somebody did. */
export interface AuditEntry {
  /** UTC ms. */
  readonly atMs: number;
  /** `account:anna`, `token:central`, `local`, `anonymous`, `stranger`, `command-line`. */
  readonly who: string;
  /** `session.login`, `account.add`, `camera.remove`: a stable word. */
  readonly action: string;
  /** On what; empty where the action says it. */
  readonly subject: string;
  /** Address of the client; empty for the command line. */
  readonly from: string;
  readonly outcome: 'done' | 'refused' | 'failed';
}

export interface AuditRecord extends AuditEntry {
  /** Grows with time. */
  readonly id: number;
}

export interface AuditPage {
  /** The newest first. */
  readonly entries: readonly AuditRecord[];
  /** Asks for the next page; absent on the last. */
  readonly next?: number;
}
