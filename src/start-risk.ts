import type { KeySet } from './assess/keys/key-set.ts';
import { openModelPool } from './assess/open-model-pool.ts';
import type { RestChange } from './assess/pool/consequences.ts';
import { type RunningAssessment, startAssessment } from './assess/start-assessment.ts';
import type { Bus } from './bus/bus.ts';
import type { Config } from './config/schema.ts';
import { errorMessage } from './errors.ts';
import type { Log, RepeatedLines } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import { realClock } from './time/clock.ts';

export interface RiskParts {
  readonly config: Config;
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly lines: RepeatedLines;
}

/**
 * Opens the pool of keys, starts the assessment that asks with them, and has both counted and logged. Throws where the
 * file of keys or the prompt cannot be used.
 */
export async function startRisk({ config, bus, metrics, log, lines }: RiskParts): Promise<RunningAssessment> {
  const pool = await openModelPool({
    config,
    clock: realClock,
    env: process.env,
    observer: { ...metrics.poolObserver, onRest: (change) => sayRest(change, lines) },
    onKeys: (keys) => sayKeys(keys, log),
    onProblem: (problem) => {
      metrics.countError('bad-keys');
      log.error({ code: 'bad-keys' }, `the keys stay as they were: ${problem.message}`);
    },
  });
  try {
    const assessment = startAssessment({
      config,
      bus,
      clock: realClock,
      pool,
      observer: {
        onTasks: (count) => metrics.tasksGenerated(count),
        onSkipped: (reason, groups) => metrics.tasksSkipped(reason, groups),
        onAssessed: (one, ageMs) => metrics.observeAssessment(one, ageMs),
        onError: (error) => {
          metrics.countError('assessment-failed');
          lines.write('error', 'assessment-failed', {}, `an assessment failed: ${errorMessage(error)}`);
        },
      },
    });
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
