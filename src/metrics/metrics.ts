import { Registry } from 'prom-client';
import type { JoinOutcome } from '../aggregate/assessed.ts';
import type { Assessment } from '../assess/assessment.ts';
import type { PoolObserver } from '../assess/pool/pool-observer.ts';
import type { SkipReason } from '../assess/tasks/task-generator.ts';
import type { CacheStats } from '../cache/cache.ts';
import type { DetectionEvent, PipelineStats } from '../native.ts';
import type { Clock } from '../time/clock.ts';
import type { OutboxStatus } from '../uplink/outbox-status.ts';
import { AlertMetrics, type AlertSources } from './alert-metrics.ts';
import { AssessmentMetrics } from './assessment-metrics.ts';
import { registerCacheMetrics } from './cache-metrics.ts';
import { registerCameraMetrics, type StatsSource } from './camera-metrics.ts';
import { DetectionMetrics } from './detection-metrics.ts';
import { EventLoopMetrics } from './event-loop-metrics.ts';
import { type KafkaSources, registerKafkaMetrics } from './kafka-metrics.ts';
import { ModelMetrics, type PoolReadings, registerPoolReadings } from './model-metrics.ts';
import { registerOutboxMetrics } from './outbox-metrics.ts';
import { ErrorMetrics, QueueMetrics, registerPipelineMetrics } from './pipeline-metrics.ts';
import { registerProcessMetrics, registerSystemInfo, type SystemFacts } from './system-metrics.ts';
import { ViewerMetrics } from './viewer-metrics.ts';

/** Everything that is measured, in one registry of its own; written out when it is scraped. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #detections = new DetectionMetrics(this.#registry);
  readonly #queues = new QueueMetrics(this.#registry);
  readonly #errors = new ErrorMetrics(this.#registry);
  readonly #eventLoop = new EventLoopMetrics(this.#registry);
  readonly #viewers = new ViewerMetrics(this.#registry, () => this.#countViewers());
  readonly #assessments = new AssessmentMetrics(this.#registry, () => this.#countTasks());
  readonly #models = new ModelMetrics(this.#registry);
  #alerts: AlertMetrics | undefined;
  #countViewers: () => number = () => 0;
  #countTasks: () => number = () => 0;

  readonly #readStats: StatsSource;
  /** The pipeline's counters at the moment of the scrape: all metrics of one scrape tell of one moment. */
  #stats: PipelineStats;

  /** `readStats` is called once for each scrape. */
  constructor(readStats: StatsSource, facts: SystemFacts) {
    this.#readStats = readStats;
    this.#stats = readStats();
    registerCameraMetrics(this.#registry, () => this.#stats);
    registerPipelineMetrics(this.#registry, () => this.#stats);
    registerProcessMetrics(this.#registry);
    registerSystemInfo(this.#registry, facts);
  }

  /** Counts one analysed frame; `classNames` by class id. */
  observeDetection(event: DetectionEvent, classNames: readonly string[]): void {
    this.#detections.observe(event, classNames);
    this.#queues.observe(event);
  }

  /** Counts an error by its stable code. */
  countError(code: string): void {
    this.#errors.count(code);
  }

  /** Counts a frame that a slow viewer did not get. */
  frameSkipped(): void {
    this.#viewers.frameSkipped();
  }

  /** Where alerts are counted. */
  readAlertsFrom(sources: AlertSources): void {
    this.#alerts = new AlertMetrics(this.#registry, sources);
  }

  /** Counts a detection whose wait for the results of its groups has ended. */
  observeJoin(outcome: JoinOutcome): void {
    this.#alerts?.observeJoin(outcome);
  }

  /** Where the cache of joined results is counted. Once. */
  readCacheFrom(stats: () => CacheStats): void {
    registerCacheMetrics(this.#registry, stats);
  }

  /** Where what goes to Kafka and comes from it is counted. Once. */
  readKafkaFrom(sources: KafkaSources): void {
    registerKafkaMetrics(this.#registry, sources);
  }

  /** Where what waits on disk for the broker is counted. Once. */
  readOutboxFrom(status: () => OutboxStatus): void {
    registerOutboxMetrics(this.#registry, status);
  }

  /** Who knows how many viewers there are; until then there are none. */
  countViewersBy(count: () => number): void {
    this.#countViewers = count;
  }

  /** Counts groups that were given to be assessed. */
  tasksGenerated(count: number): void {
    this.#assessments.tasks(count);
  }

  /** Counts groups that were not given to be assessed. */
  tasksSkipped(reason: SkipReason, groups: number): void {
    this.#assessments.skipped(reason, groups);
  }

  /** Counts an answer; `ageMs` from the frame's capture. */
  observeAssessment(assessment: Assessment, ageMs: number): void {
    this.#assessments.assessed(assessment, ageMs);
  }

  /** Counts a task that came again. */
  taskRepeated(): void {
    this.#assessments.repeated();
  }

  /** What the pool of keys tells metrics. */
  get poolObserver(): Partial<PoolObserver> {
    return this.#models.observer;
  }

  /** Where the state of keys and calls is read. Once. */
  readPoolFrom(pool: PoolReadings, clock: Clock): void {
    registerPoolReadings(this.#registry, pool, () => clock.nowMs());
  }

  /** Who knows how many tasks are not answered yet; until then there are none. */
  countTasksBy(count: () => number): void {
    this.#countTasks = count;
  }

  /** The type of `text()`, for the HTTP header. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus' text format. */
  text(): Promise<string> {
    this.#stats = this.#readStats();
    return this.#registry.metrics();
  }

  close(): void {
    this.#eventLoop.close();
  }
}
