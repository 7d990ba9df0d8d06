import { compareLevels } from '../detect/risk-level.ts';
import type { Clock } from '../time/clock.ts';
import type { Assessment } from './assessment.ts';
import type { AssessmentTask } from './assessment-task.ts';
import type { Asked, GroupRequests } from './group-requests.ts';
import { assessmentBy, carriedOver, type ModelVerdict } from './model-verdict.ts';
import type { KnownScene, SceneCache } from './reuse/scene-cache.ts';
import { type SceneSignature, signatureOf } from './reuse/scene-signature.ts';
import type { RiskAssessor } from './risk-assessor.ts';
import type { RulesAssessor } from './rules-assessor.ts';

export interface ModelAssessorOptions {
  readonly requests: GroupRequests;
  readonly rules: RulesAssessor;
  readonly clock: Clock;
  /** None: every scene is asked about. */
  readonly cache?: SceneCache<ModelVerdict>;
  /** Told of what should not happen; the task is answered nevertheless. */
  readonly onError: (error: unknown) => void;
}

/** Before a task's deadline: what is left for the answer's way to its readers. */
const answerMarginMs = 20;

/**
 * Asks the model, or takes what it said of the same scene a moment ago; in every other case, rules judge. Never below
 * what rules measured. Runs on the event loop.
 */
export class ModelAssessor implements RiskAssessor {
  readonly #options: ModelAssessorOptions;

  constructor(options: ModelAssessorOptions) {
    this.#options = options;
  }

  async assess(task: AssessmentTask, signal: AbortSignal): Promise<Assessment> {
    const { rules, onError } = this.#options;
    try {
      return await this.#assess(task, signal);
    } catch (error) {
      onError(error);
      return rules.judge(task, 'error');
    }
  }

  async #assess(task: AssessmentTask, signal: AbortSignal): Promise<Assessment> {
    const { rules, cache } = this.#options;
    if (task.picture === undefined) return rules.judge(task, 'no-picture');
    const scene = cache && signatureOf(task);
    const known = scene && this.#known(scene, task);
    if (known?.state === 'fresh') {
      return assessmentBy(carriedOver(known.answer, known.counterparts), task, 'cache', rules);
    }
    if (known?.state === 'pending') return this.#shared(known, task, signal);
    const asked = await this.#askFor(task, signal, scene);
    if (asked.verdict === undefined) return rules.judge(task, asked.reason, asked.trace);
    return assessmentBy(asked.verdict, task, 'model', rules);
  }

  /** What is known of the same scene, unless it has become more dangerous since: then the model is asked anew. */
  #known(scene: SceneSignature, { judgement }: AssessmentTask): KnownScene<ModelVerdict> | undefined {
    if (judgement.riskLevel === 'high') return undefined;
    const known = this.#options.cache?.find(scene);
    const isWorse = known?.state === 'fresh' && compareLevels(judgement.riskLevel, known.answer.settledLevel) > 0;
    return isWorse ? undefined : known;
  }

  /** Another task asks about the same scene already: its answer is this one's, too. */
  async #shared(
    known: Extract<KnownScene<ModelVerdict>, { state: 'pending' }>,
    task: AssessmentTask,
    signal: AbortSignal,
  ): Promise<Assessment> {
    const { rules } = this.#options;
    const outcome = await this.#inTime(task, signal, () => known.answer);
    if (typeof outcome === 'string') return rules.judge(task, outcome);
    if (outcome === undefined) return rules.judge(task, 'same-scene');
    return assessmentBy(carriedOver(outcome, known.counterparts), task, 'cache', rules);
  }

  async #askFor(task: AssessmentTask, signal: AbortSignal, scene: SceneSignature | undefined): Promise<Asked> {
    const settle = scene && this.#options.cache?.begin(scene);
    let asked: Asked | undefined;
    try {
      asked = await this.#ask(task, signal);
      return asked;
    } finally {
      settle?.(asked?.verdict);
    }
  }

  async #ask(task: AssessmentTask, signal: AbortSignal): Promise<Asked> {
    const inTime = { ...task, deadlineMs: task.deadlineMs - answerMarginMs };
    const asked = await this.#inTime(task, signal, (abort) => this.#options.requests.ask(inTime, abort));
    return typeof asked === 'string' ? { reason: asked } : asked;
  }

  /** What `work` gives, unless the deadline or the end of the service comes first: whoever works is told to stop. */
  #inTime<Result extends object | undefined>(
    { deadlineMs }: AssessmentTask,
    signal: AbortSignal,
    work: (abort: AbortSignal) => Promise<Result>,
  ): Promise<Result | 'deadline' | 'cancelled'> {
    const { clock } = this.#options;
    const leftMs = deadlineMs - answerMarginMs - clock.monotonicMs();
    if (signal.aborted) return Promise.resolve('cancelled');
    if (leftMs <= 0) return Promise.resolve('deadline');
    const abort = new AbortController();
    return new Promise((resolve, reject) => {
      const end = (outcome: 'deadline' | 'cancelled') => {
        settle();
        abort.abort();
        resolve(outcome);
      };
      const onAbort = () => end('cancelled');
      const cancelTimer = clock.after(leftMs, () => end('deadline'));
      signal.addEventListener('abort', onAbort, { once: true });
      const settle = () => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
      };
      (async () => work(abort.signal))().then(resolve, reject).finally(settle);
    });
  }
}
