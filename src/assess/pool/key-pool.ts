/**
 * The pool of API keys: takes questions, sends each with the key that will answer it soonest within all limits, moves
 * it on when a call fails, and replies in every case by its deadline. All state is in this process and changes on its
 * event loop alone; time, chance and the HTTP client are given.
 *
 * A question's way: `ask` → admission → queue → `#pump` chooses a key → `#send` → `#onEnded` → reply, or once more.
 */
import { errorMessage } from '../../errors.ts';
import { type Clock, realClock } from '../../time/clock.ts';
import { type Random, systemRandom } from '../../time/random.ts';
import { type KeySet, noKeys } from '../keys/key-set.ts';
import { Attempt } from './attempt.ts';
import { attemptTimeMs } from './attempt-time.ts';
import { answerOf, costOf, reportOf } from './call-report.ts';
import type { ChatClient } from './chat-client.ts';
import { applyConsequences, type RestChange } from './consequences.ts';
import { DailyBudget } from './daily-budget.ts';
import type { SpentTokens } from './day-tokens.ts';
import { HedgeBudget } from './hedge-budget.ts';
import { chooseHedgeKey, chooseKey } from './key-chooser.ts';
import { KeyRoster } from './key-roster.ts';
import { endpointStatesOf, groupStatesOf, keyStateOf } from './key-state.ts';
import type {
  EndpointInfo,
  EndpointState,
  GroupState,
  KeyState,
  ModelPool,
  ModelReply,
  ModelRequest,
  UnansweredReason,
} from './model-pool.ts';
import { stepAfter } from './next-step.ts';
import { Outlook } from './outlook.ts';
import type { PoolKey } from './pool-key.ts';
import { type CallPurpose, type PoolObserver, silentObserver } from './pool-observer.ts';
import { defaultPoolOptions, type PoolOptions } from './pool-options.ts';
import { PoolTask } from './pool-task.ts';
import { type Strategy, strategyOf } from './strategies.ts';
import { TaskQueue } from './task-queue.ts';
import { UndiciChatClient } from './undici-chat-client.ts';
import type { Verdict } from './verdict.ts';

export interface KeyPoolSetup {
  readonly keys?: KeySet;
  readonly options?: Partial<PoolOptions>;
  readonly observer?: Partial<PoolObserver>;
  readonly client?: ChatClient;
  readonly clock?: Clock;
  readonly random?: Random;
  /** What was spent of the day's tokens before a restart. */
  readonly spent?: SpentTokens;
}

/** What the pool holds at the moment. */
export interface PoolLoad {
  /** Tasks that wait for a key. */
  readonly queued: number;
  readonly maxQueued: number;
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly spent: SpentTokens;
  /** From when on spent tokens were counted: midnight (UTC), or the pool's start. UTC in ms. */
  readonly countedSinceMs: number;
  /** What a day may cost; none: without limit. */
  readonly tokensPerDay: number | undefined;
  /** Little is left of the day's tokens: saving is called for. */
  readonly isBudgetShort: boolean;
}

export class KeyPool implements ModelPool {
  readonly #options: PoolOptions;
  readonly #observer: PoolObserver;
  readonly #client: ChatClient;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #roster: KeyRoster;
  readonly #queue: TaskQueue<PoolTask>;
  readonly #hedges: HedgeBudget;
  readonly #budget: DailyBudget;
  readonly #outlook: Outlook;
  readonly #tasks = new Set<PoolTask>();
  readonly #attempts = new Set<Attempt>();
  #keys: readonly PoolKey[] = [];
  #strategy: Strategy;
  #strategyName: PoolOptions['strategy'];
  #uses = 0;
  #lastEndpoint: EndpointInfo | undefined;
  #wake = { atMs: Number.POSITIVE_INFINITY, cancel: () => {} };
  #isPumping = false;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor({ keys = noKeys, options, observer, client, clock, random, spent }: KeyPoolSetup) {
    this.#options = { ...defaultPoolOptions, ...options };
    this.#observer = { ...silentObserver, ...observer };
    this.#clock = clock ?? realClock;
    this.#random = random ?? systemRandom;
    this.#client = client ?? new UndiciChatClient(this.#options);
    this.#roster = new KeyRoster(this.#options, this.#random);
    this.#queue = new TaskQueue(this.#options.maxQueue);
    this.#hedges = new HedgeBudget(this.#options.hedgeShare);
    this.#budget = new DailyBudget(this.#options.tokensPerDay, {
      softShare: this.#options.budgetSoftShare,
      clock: this.#clock,
      ...(spent === undefined ? {} : { spent }),
    });
    this.#outlook = new Outlook({
      maxInFlight: this.#options.maxInFlight,
      waitingFrom: (priority) => this.#queue.sizeFrom(priority),
    });
    this.#strategyName = this.#options.strategy;
    this.#strategy = strategyOf(this.#strategyName);
    this.useKeys(keys);
  }

  ask(request: ModelRequest, signal?: AbortSignal): Promise<ModelReply> {
    return new Promise((resolve) => {
      const times = { askedAtMs: this.#clock.monotonicMs(), marginMs: this.#options.replyMarginMs };
      const onAbort = () => this.#giveUp(task, 'cancelled', 'the caller cancelled it');
      const task = new PoolTask(request, times, (reply) => {
        signal?.removeEventListener('abort', onAbort);
        this.#onReply(task, reply);
        resolve(reply);
      });
      this.#tasks.add(task);
      if (signal?.aborted || this.#closing !== undefined) {
        this.#giveUp(task, 'cancelled', this.#closing === undefined ? 'the caller cancelled it' : 'the pool is closed');
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#admit(task);
    });
  }

  keys(): readonly KeyState[] {
    return this.#roster.all.map((key) => keyStateOf(key, this.#clock));
  }

  /** The quota groups of the keys that take calls. */
  groups(): readonly GroupState[] {
    return groupStatesOf(this.#keys, this.#clock);
  }

  /** The endpoints of the keys that take calls. */
  endpoints(): readonly EndpointState[] {
    return endpointStatesOf(this.#keys, this.#clock);
  }

  load(): PoolLoad {
    const { maxQueue, maxInFlight, tokensPerDay } = this.#options;
    return {
      queued: this.#queue.size,
      maxQueued: maxQueue,
      inFlight: this.#attempts.size,
      maxInFlight,
      spent: this.#budget.spent(),
      countedSinceMs: this.#budget.countedSinceMs,
      tokensPerDay,
      isBudgetShort: this.#budget.isShort,
    };
  }

  /** Other keys from now on: those that are gone drain, those that are new join. */
  useKeys(set: KeySet): void {
    this.#roster.use(set);
    this.#keys = this.#roster.keys;
    this.#outlook.use(this.#keys);
    const name = set.strategy ?? this.#options.strategy;
    if (name !== this.#strategyName) this.#strategy = strategyOf(name);
    this.#strategyName = name;
    this.#pump();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const task of this.#tasks) this.#giveUp(task, 'cancelled', 'the pool is closed');
    this.#wake.cancel();
    if (this.#attempts.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#client.close();
  }

  /** What cannot be answered in time is better told now, at no cost, than at its deadline. */
  #admit(task: PoolTask): void {
    const refusal = this.#outlook.refusalOf(task, this.#clock.monotonicMs());
    if (refusal !== undefined) this.#giveUp(task, refusal.reason, refusal.message);
    else if (this.#budget.allows(task.priority, task.estimatedTokens)) this.#enqueue(task);
    else this.#giveUp(task, 'budget', "the day's tokens are spent, or kept for what is more urgent");
  }

  #enqueue(task: PoolTask): void {
    const evicted = this.#queue.push(task);
    if (evicted !== undefined) {
      this.#giveUp(evicted, 'queue-full', `${this.#options.maxQueue} tasks of no less urgency wait`);
    }
    this.#pump();
  }

  /** Sends what can be sent, gives up what cannot be answered any more, and sets the clock for the rest. */
  #pump(): void {
    if (this.#isPumping || this.#closing !== undefined) return;
    this.#isPumping = true;
    let wakeAtMs = Number.POSITIVE_INFINITY;
    do {
      this.#giveUpLate();
      wakeAtMs = this.#sendNext();
    } while (wakeAtMs === Number.NEGATIVE_INFINITY);
    this.#isPumping = false;
    this.#wakeAt(Math.min(wakeAtMs, this.#nextLateMs()));
  }

  /** Sends one task: `-Infinity`; else when one could be sent, if nothing else happens before. */
  #sendNext(): number {
    const { maxInFlight, highShare } = this.#options;
    const keptForHigh = Math.floor(maxInFlight * highShare);
    let wakeAtMs = Number.POSITIVE_INFINITY;
    for (const task of this.#queue.heads()) {
      const most = task.priority === 'high' ? maxInFlight : maxInFlight - keptForHigh;
      if (this.#attempts.size >= most || !this.#prepare(task)) continue;
      const nowMs = this.#clock.monotonicMs();
      const patienceMs = this.#outlook.expectedWaitMs(task, nowMs);
      const choice = chooseKey(task, this.#keys, { nowMs, patienceMs, strategy: this.#strategy });
      if (choice.key !== undefined) {
        this.#queue.takeTurn(task);
        this.#send(task, choice.key, task.nextPurpose, nowMs);
        return Number.NEGATIVE_INFINITY;
      }
      wakeAtMs = Math.min(wakeAtMs, choice.wakeAtMs);
    }
    return wakeAtMs;
  }

  /** Makes the request while its task waits, for the endpoint that it will probably go to; false where it can't be made. */
  #prepare(task: PoolTask): boolean {
    try {
      if (this.#lastEndpoint !== undefined) task.bodyFor(this.#lastEndpoint);
      return true;
    } catch (error) {
      this.#giveUp(task, 'bad-request', `the request could not be built: ${errorMessage(error)}`);
      return false;
    }
  }

  #send(task: PoolTask, key: PoolKey, purpose: CallPurpose, pickedAtMs: number): void {
    const tokens = key.endpoint.estimate.corrected(task.estimatedTokens);
    let attempt: Attempt;
    try {
      const timeoutMs = this.#attemptTimeMs(task, key, pickedAtMs);
      const onSent = () => this.#observer.onOverhead(this.#clock.monotonicMs() - pickedAtMs);
      attempt = new Attempt({
        task,
        key,
        purpose,
        tokens,
        timeoutMs,
        client: this.#client,
        clock: this.#clock,
        onSent,
      });
    } catch (error) {
      this.#giveUp(task, 'bad-request', `the request could not be built: ${errorMessage(error)}`);
      return;
    }
    if (task.calls === 0) this.#observer.onWait(task.priority, pickedAtMs - task.askedAtMs);
    this.#uses += 1;
    key.lastUse = this.#uses;
    this.#lastEndpoint = key.endpoint.info;
    task.begin(attempt);
    this.#attempts.add(attempt);
    this.#budget.reserve(tokens);
    attempt.ended.then((verdict) => this.#onEnded(attempt, verdict));
    if (purpose === 'hedge') return;
    this.#hedges.earn();
    if (task.priority === 'high' && !task.isHedged) this.#planHedge(task, attempt);
  }

  #attemptTimeMs(task: PoolTask, { endpoint }: PoolKey, nowMs: number): number {
    return attemptTimeMs({
      remainingMs: task.deadlineMs - nowMs,
      timeoutMs: this.#options.timeoutMs,
      neededMs: endpoint.neededMs(nowMs),
      slowMs: endpoint.slowMs(nowMs),
      mayRetry: task.retries < this.#options.maxRetries,
    });
  }

  /** A second call beside one that takes longer than most: the first answer counts. */
  #planHedge(task: PoolTask, attempt: Attempt): void {
    const slowMs = attempt.key.endpoint.slowMs(this.#clock.monotonicMs());
    if (slowMs === undefined || this.#options.hedgeShare === 0) return;
    const cancel = this.#clock.after(slowMs, () => {
      const isOpen = !task.isSettled && task.running.has(attempt) && task.running.size === 1 && !task.isHedged;
      if (isOpen && this.#closing === undefined) this.#hedge(task);
    });
    attempt.ended.then(cancel);
  }

  #hedge(task: PoolTask): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#attempts.size >= this.#options.maxInFlight || this.#queue.sizeFrom('high') > 0) return;
    if (!this.#budget.allows(task.priority, task.estimatedTokens)) return;
    const key = chooseHedgeKey(task, this.#keys, { nowMs, strategy: this.#strategy });
    if (key === undefined || !this.#hedges.spend()) return;
    task.isHedged = true;
    this.#observer.onHedge('sent');
    this.#send(task, key, 'hedge', nowMs);
  }

  #onEnded(attempt: Attempt, verdict: Verdict): void {
    const nowMs = this.#clock.monotonicMs();
    const { task, lease } = attempt;
    const fault =
      verdict.kind === 'answered' && !task.isSettled ? faultOf(attempt, verdict.completion.text) : undefined;
    const cost = costOf(attempt, verdict);
    this.#budget.settle(lease.tokens, cost);
    attempt.key.usage.spend(cost, this.#clock.nowMs());
    const isCounted = verdict.kind === 'answered' && verdict.completion.usage !== undefined;
    if (isCounted) attempt.key.endpoint.estimate.observe(task.estimatedTokens, cost);
    const changes = applyConsequences(lease, verdict, nowMs);
    lease.release();
    this.#attempts.delete(attempt);
    task.running.delete(attempt);
    this.#observer.onCall(reportOf(attempt, verdict, { nowMs, isInvalid: fault !== undefined }));
    for (const change of changes) this.#onRest(change);
    if (!task.isSettled) this.#proceed(attempt, verdict, fault, nowMs);
    if (attempt.key.isDraining) this.#roster.sweep();
    if (this.#attempts.size === 0) this.#onIdle?.();
    this.#pump();
  }

  /** What comes after a call of a task that has no reply yet. */
  #proceed(attempt: Attempt, verdict: Verdict, fault: string | undefined, nowMs: number): void {
    const { task } = attempt;
    if (verdict.kind === 'answered') {
      const { text } = verdict.completion;
      if (fault === undefined) this.#settle(task, answerOf(attempt, verdict, nowMs));
      else if (task.running.size === 0) this.#repair(task, text, fault, nowMs);
      return;
    }
    if (isOfEndpoint(verdict)) task.endpointFailed(attempt.key.endpoint.info.id);
    // The other call may still answer.
    if (task.running.size > 0 && verdict.kind !== 'bad-request') return;
    const next = stepAfter(
      verdict,
      {
        retries: task.retries,
        maxRetries: this.#options.maxRetries,
        retryDelayMs: this.#options.retryDelayMs,
        remainingMs: task.deadlineMs - nowMs,
        neededMs: this.#outlook.leastNeededMs(nowMs),
      },
      this.#random,
    );
    if (next.step === 'give-up') this.#giveUp(task, next.reason, verdict.words);
    else this.#retry(task, next.delayMs);
  }

  #retry(task: PoolTask, delayMs: number): void {
    task.retries += 1;
    if (delayMs === 0) this.#enqueue(task);
    else task.delay(this.#clock.after(delayMs, () => this.#enqueue(task)));
  }

  #repair(task: PoolTask, answerText: string, fault: string, nowMs: number): void {
    if (task.isRepair || nowMs + this.#outlook.leastNeededMs(nowMs) > task.deadlineMs) {
      this.#giveUp(task, 'invalid-answer', fault);
      return;
    }
    task.repairBy({ answerText, fault });
    this.#enqueue(task);
  }

  #giveUpLate(): void {
    const nowMs = this.#clock.monotonicMs();
    for (;;) {
      const task = this.#queue.takeDue((first) => this.#outlook.isTooLate(first, nowMs));
      if (task === undefined) return;
      const { reason, message } = this.#outlook.lateness(task, nowMs);
      this.#giveUp(task, reason, message);
    }
  }

  #nextLateMs(): number {
    if (this.#queue.size === 0) return Number.POSITIVE_INFINITY;
    return this.#queue.earliestDeadlineMs() - this.#outlook.leastNeededMs(this.#clock.monotonicMs());
  }

  #wakeAt(atMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    // An earlier one looks again by itself.
    if (this.#wake.atMs <= atMs && this.#wake.atMs > nowMs) return;
    this.#wake.cancel();
    this.#wake = { atMs: Number.POSITIVE_INFINITY, cancel: () => {} };
    if (atMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(1, Math.ceil(atMs - nowMs));
    const cancel = this.#clock.after(delayMs, () => {
      this.#wake.atMs = Number.POSITIVE_INFINITY;
      this.#pump();
    });
    this.#wake = { atMs: nowMs + delayMs, cancel };
  }

  #giveUp(task: PoolTask, reason: UnansweredReason, message: string): void {
    this.#settle(task, task.unanswered(reason, message));
  }

  #settle(task: PoolTask, reply: ModelReply): void {
    this.#queue.remove(task);
    task.settle(reply);
  }

  #onReply(task: PoolTask, reply: ModelReply): void {
    this.#tasks.delete(task);
    this.#observer.onReply(reply, task.priority, this.#clock.monotonicMs() - task.askedAtMs);
  }

  #onRest(change: RestChange): void {
    this.#outlook.forget();
    this.#observer.onRest(change);
  }
}

function faultOf({ task, key }: Attempt, text: string): string | undefined {
  try {
    return task.request.faultOf(text, key.endpoint.info);
  } catch (error) {
    return `the answer could not be judged: ${errorMessage(error)}`;
  }
}

function isOfEndpoint({ kind }: Verdict): boolean {
  return kind === 'server-error' || kind === 'timeout' || kind === 'connection' || kind === 'broken-answer';
}
