import type { AssessmentObserver } from './assess/assessment-observer.ts';
import { type KeyReport, KeyReporter } from './assess/key-report.ts';
import type { KeySet } from './assess/keys/key-set.ts';
import { type OpenedPool, openModelPool } from './assess/open-model-pool.ts';
import type { RestChange } from './assess/pool/consequences.ts';
import { type RunningAssessment, startAssessment } from './assess/start-assessment.ts';
import { startTasks } from './assess/tasks/start-tasks.ts';
import type { Bus } from './bus/bus.ts';
import type { Config } from './config/schema.ts';
import { errorMessage } from './errors.ts';
import type { Log, RepeatedLines } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Roles } from './roles.ts';
import { realClock } from './time/clock.ts';

export interface RiskParts {
  readonly config: Config;
  readonly roles: Roles;
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly lines: RepeatedLines;
}

export interface RunningRisk {
  /** Who judges now, and how the keys stand; `elsewhere` where other processes have them. */
  keyReport(): KeyReport | 'elsewhere';
  /** Ends the making of tasks and their answering, in this order. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts the parts of the assessment that this process has: what makes tasks, and what answers them with a pool of keys.
 * All of it is counted and logged. Throws where the file of keys or the prompt cannot be used.
 */
export async function startRisk(parts: RiskParts): Promise<RunningRisk> {
  const { config, roles, bus } = parts;
  const reporter = new KeyReporter(realClock);
  const observer = assessmentObserver(parts, reporter);
  const pool = roles.has('llm-scheduler') ? await openPool(parts, reporter) : undefined;
  const assessment = pool === undefined ? undefined : await startAnswering(parts, observer, pool);
  const tasks = roles.has('task-generator')
    ? startTasks({ config, bus, clock: realClock, observer, picturesNeeded: () => hasKeys(pool) })
    : undefined;
  return {
    keyReport: () => (pool === undefined ? 'elsewhere' : reporter.report(pool)),
    close: async () => {
      tasks?.close();
      await assessment?.close();
    },
  };
}

/** Where the keys are in other processes, it is not known whether there are any: rules judge what has no picture. */
function hasKeys(pool: OpenedPool | undefined): boolean {
  return pool !== undefined && pool.keys().length > 0;
}

function assessmentObserver({ metrics, lines }: RiskParts, reporter: KeyReporter): AssessmentObserver {
  return {
    onTasks: (count) => metrics.tasksGenerated(count),
    onSkipped: (reason, groups) => metrics.tasksSkipped(reason, groups),
    onAssessed: (one, ageMs) => {
      reporter.count(one);
      metrics.observeAssessment(one, ageMs);
    },
    onRepeat: () => metrics.taskRepeated(),
    onError: (error) => {
      metrics.countError('assessment-failed');
      lines.write('error', 'assessment-failed', {}, `an assessment failed: ${errorMessage(error)}`);
    },
  };
}

function openPool({ config, metrics, log, lines }: RiskParts, reporter: KeyReporter): Promise<OpenedPool> {
  return openModelPool({
    config,
    clock: realClock,
    env: process.env,
    observer: { ...metrics.poolObserver, onRest: (change) => sayRest(change, lines) },
    onKeys: (keys) => {
      reporter.fileRead();
      sayKeys(keys, log);
    },
    onProblem: (problem) => {
      reporter.fileRefused(problem.message);
      metrics.countError('bad-keys');
      log.error({ code: 'bad-keys' }, `the keys stay as they were: ${problem.message}`);
    },
    onSpentTrouble: (code, message) => {
      metrics.countError(code);
      lines.write('warn', code, { code }, message);
    },
  });
}

async function startAnswering(
  { config, bus, metrics }: RiskParts,
  observer: AssessmentObserver,
  pool: OpenedPool,
): Promise<RunningAssessment> {
  try {
    const assessment = startAssessment({ config, bus, clock: realClock, pool, observer });
    metrics.readPoolFrom(pool, realClock);
    metrics.countTasksBy(() => assessment.running);
    return assessment;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

function sayKeys({ keys, endpoints }: KeySet, log: Log): void {
  if (keys.length === 0) {
    log.info('no key for a model: groups are judged by local rules alone');
    return;
  }
  const models = [...new Set(endpoints.map(({ model }) => model))];
  log.info({ keys: keys.map(({ id }) => id), models }, `groups are shown to ${models.join(' and ')}`);
}

function sayRest({ scope, id, untilMs, words }: RestChange, lines: RepeatedLines): void {
  const level = untilMs === undefined ? 'info' : 'warn';
  lines.write(level, `${level} ${scope} ${id}`, { [scope]: id }, `${scope} ${id}: ${words}`);
}
