import { errorMessage } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { ChatClient } from './chat-client.ts';
import { Lease } from './lease.ts';
import type { PoolKey } from './pool-key.ts';
import type { CallPurpose } from './pool-observer.ts';
import type { PoolTask } from './pool-task.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface AttemptOptions {
  readonly task: PoolTask;
  readonly key: PoolKey;
  readonly purpose: CallPurpose;
  readonly tokens: number;
  readonly timeoutMs: number;
  readonly client: ChatClient;
  readonly clock: Clock;
  /** The request is in its socket; no connection had to be opened for it. */
  readonly onSent: () => void;
}

/** One call for a task with a key: from taking the key's place to what became of it. */
export class Attempt {
  readonly task: PoolTask;
  readonly key: PoolKey;
  readonly purpose: CallPurpose;
  readonly lease: Lease;
  /** Resolves when it is over; never rejects. */
  readonly ended: Promise<Verdict>;
  readonly #abort = new AbortController();
  readonly #timeoutMs: number;
  #isLate = false;

  /** Sends it. Throws, with nothing taken, where the request cannot be built. */
  constructor({ task, key, purpose, tokens, timeoutMs, client, clock, onSent }: AttemptOptions) {
    this.task = task;
    this.key = key;
    this.purpose = purpose;
    this.#timeoutMs = timeoutMs;
    const body = task.bodyFor(key.endpoint.info);
    this.lease = new Lease(key, clock.monotonicMs(), tokens);
    const result = client.send({
      baseUrl: key.endpoint.baseUrl,
      secret: key.secret,
      body,
      signal: this.#abort.signal,
      onSent: (connection) => {
        this.lease.leftAt(clock.monotonicMs());
        if (connection === 'reused') onSent();
      },
    });
    const stopTimer = clock.after(timeoutMs, () => {
      this.#isLate = true;
      this.#abort.abort();
    });
    this.ended = result.then(
      (value) => {
        stopTimer();
        return this.#judged(verdictOf(value, clock.nowMs(), (text) => this.#withoutKey(text)));
      },
      (error: unknown) => {
        stopTimer();
        return this.#judged({ kind: 'connection', words: errorMessage(error) });
      },
    );
  }

  get isTrial(): boolean {
    return this.lease.isTrial;
  }

  /** Ends it: nobody waits for its answer any more. */
  cancel(): void {
    this.#abort.abort();
  }

  #judged(verdict: Verdict): Verdict {
    if (this.#isLate && verdict.kind === 'cancelled') {
      return { kind: 'timeout', words: `no answer within ${Math.round(this.#timeoutMs)} ms` };
    }
    if (!('words' in verdict)) return verdict;
    return { ...verdict, words: this.#withoutKey(verdict.words) };
  }

  #withoutKey(text: string): string {
    return text.replaceAll(this.key.secret.reveal(), '***');
  }
}
