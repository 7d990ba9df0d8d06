/** What becomes of assessments: joined with their detections, to the alerts of this box's screen and to other programs. */
import { randomUUID } from 'node:crypto';
import { Aggregator, nothingJoined } from './aggregate/aggregator.ts';
import type { AssessedDetection, GroupAssessment, JoinOutcome } from './aggregate/assessed.ts';
import { AlertDesk } from './alert/alert-desk.ts';
import { DangerWatch } from './alert/danger-watch.ts';
import { openAlertStore } from './alert/store/open-alert-store.ts';
import type { Bus } from './bus/bus.ts';
import type { DetectionResultMessage } from './bus/topics.ts';
import type { Cache } from './cache/cache.ts';
import { openCache } from './cache/open-cache.ts';
import type { Config } from './config/schema.ts';
import type { RepeatedLines } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Roles } from './roles.ts';
import { realClock } from './time/clock.ts';
import { systemRandom } from './time/random.ts';

/** How long a result waits for its detection where both come through Kafka: two topics are not read at the same pace. */
const kafkaDetectionWaitMs = 30_000;

export interface ResultsParts {
  readonly config: Config;
  readonly roles: Roles;
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly lines: RepeatedLines;
  /** Whether a camera runs in this process. */
  readonly isOwn: (cameraId: string) => boolean;
  /** Told of whatever keeps alerts from being kept. */
  readonly onAlertTrouble: (code: string, message: string) => void;
}

export interface RunningResults {
  readonly alerts: AlertDesk;
  /** A detection of this process is on its way to the bus. */
  onOwnDetection(message: DetectionResultMessage): void;
  /** Hands on what is joined so far, and ends the cache. Safe to call twice. */
  closeAggregators(): Promise<void>;
}

/**
 * Without Kafka, one aggregator reads the bus. With it, the role `result-aggregator` has its share of all cameras, for other
 * programs, while the screen of a box joins what its own cameras saw with the results of whoever judged it.
 */
export async function startResults(parts: ResultsParts): Promise<RunningResults> {
  const { config, roles, bus, metrics } = parts;
  const alerts = await openAlerts(parts);
  const toAlerts = (assessment: GroupAssessment) => alerts.assess(assessment);
  const cache = openResultCache(parts);
  const publish = (detection: AssessedDetection, outcome: JoinOutcome) => {
    metrics.observeJoin(outcome);
    return cache.putDetection(detection);
  };
  const hasScreenOfItsOwn = config.kafka.enabled && roles.has('detector');

  const shared =
    config.risk.enabled && roles.has('result-aggregator')
      ? new Aggregator({
          clock: realClock,
          onGroup: hasScreenOfItsOwn ? watchDangers(parts, cache) : toAlerts,
          onDetection: publish,
          ...(config.kafka.enabled ? { detectionWaitMs: kafkaDetectionWaitMs } : {}),
        })
      : undefined;
  const screen = hasScreenOfItsOwn
    ? new Aggregator({ clock: realClock, onGroup: toAlerts, onDetection: () => {} })
    : undefined;
  // Other programs are told of the cameras that this aggregator has its share of: not of those whose screen is here.
  if (!hasScreenOfItsOwn && roles.has('result-aggregator')) alerts.onChange((event) => cache.noteAlert(event));
  metrics.readCacheFrom(() => cache.stats());
  metrics.readAlertsFrom({ alerts: () => alerts.stats(), aggregator: () => shared?.stats() ?? nothingJoined });
  shared?.read(bus);
  if (config.risk.enabled && screen !== undefined) {
    bus.subscribe('risk-assessment-results', 'onlooker', (message) => {
      if (parts.isOwn(String(message.cameraId))) void screen.addResult(message);
    });
  }
  return {
    alerts,
    onOwnDetection: (message) => void screen?.addDetection(message),
    closeAggregators: async () => {
      shared?.close();
      screen?.close();
      await cache.close();
    },
  };
}

/** Tells other programs of the dangers of a share of all cameras, beside the alerts of this process's own screen. */
function watchDangers({ config }: ResultsParts, cache: Cache): (assessment: GroupAssessment) => void {
  const watch = new DangerWatch({
    clock: realClock,
    thresholds: config.risk.thresholds,
    settings: config.alerts,
    newId: randomUUID,
    onChange: (entry) => cache.noteAlert(entry),
  });
  return (assessment) => watch.assess(assessment);
}

function openResultCache({ config, metrics, lines }: ResultsParts): Cache {
  return openCache(config.redis, {
    clock: realClock,
    random: systemRandom,
    onTrouble: (code, message) => {
      metrics.countError(code);
      lines.write('warn', `cache ${code}`, { code }, `the cache: ${message}`);
    },
    onWorking: () => lines.write('info', 'cache works', {}, 'the cache works'),
  });
}

async function openAlerts({ config, onAlertTrouble }: ResultsParts): Promise<AlertDesk> {
  return AlertDesk.open({
    store: await openAlertStore(config.alerts, realClock, onAlertTrouble),
    clock: realClock,
    thresholds: config.risk.thresholds,
    settings: config.alerts,
    newId: randomUUID,
    onTrouble: onAlertTrouble,
  });
}
