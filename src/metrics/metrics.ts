import { Registry } from 'prom-client';
import type { JoinOutcome } from '../aggregate/assessed.ts';
import type { DetectionEvent, PipelineStats } from '../native.ts';
import { AlertMetrics, type AlertSources } from './alert-metrics.ts';
import { registerCameraMetrics, type StatsSource } from './camera-metrics.ts';
import { DetectionMetrics } from './detection-metrics.ts';
import { EventLoopMetrics } from './event-loop-metrics.ts';
import { ErrorMetrics, registerPipelineMetrics } from './pipeline-metrics.ts';
import { registerProcessMetrics, registerSystemInfo, type SystemFacts } from './system-metrics.ts';
import { ViewerMetrics } from './viewer-metrics.ts';

/** Everything that is measured, in one registry of its own; written out when it is scraped. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #detections = new DetectionMetrics(this.#registry);
  readonly #errors = new ErrorMetrics(this.#registry);
  readonly #eventLoop = new EventLoopMetrics(this.#registry);
  readonly #viewers = new ViewerMetrics(this.#registry, () => this.#countViewers());
  #alerts: AlertMetrics | undefined;
  #countViewers: () => number = () => 0;

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

  /** Who knows how many viewers there are; until then there are none. */
  countViewersBy(count: () => number): void {
    this.#countViewers = count;
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
