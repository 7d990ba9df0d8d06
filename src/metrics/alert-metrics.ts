import { Counter, type Registry } from 'prom-client';
import type { AggregatorStats } from '../aggregate/aggregator.ts';
import type { JoinOutcome } from '../aggregate/assessed.ts';
import type { AlertStats } from '../alert/alert-desk.ts';
import { alertLevels } from '../alert/alert-level.ts';
import { registerCounters, registerGauges, registerLabelledCounter, registerLabelledGauge } from './reading.ts';

/** What is read when metrics are scraped. */
export interface AlertSources {
  readonly alerts: () => AlertStats;
  readonly aggregator: () => AggregatorStats;
}

/** Alerts, their history, and the join of detections with their assessments. */
export class AlertMetrics {
  readonly #joins: Counter<'outcome'>;

  constructor(registry: Registry, { alerts, aggregator }: AlertSources) {
    registerLabelledGauge(registry, {
      name: 'alerts_active',
      help: 'Dangers that the newest assessments found.',
      labelNames: ['risk_level'],
      read: () => {
        const { active } = alerts();
        return alertLevels.map((level) => [
          { risk_level: level },
          active.filter((alert) => alert.level === level).length,
        ]);
      },
    });
    registerLabelledCounter(registry, {
      name: 'alert_store_errors_total',
      help: 'Calls to the alert history that failed.',
      labelNames: ['code'],
      read: () => [...alerts().errors].map(([code, count]) => [{ code }, count]),
    });
    registerCounters(registry, [
      ['alerts_written_total', 'States of alerts that were brought to disk.', () => alerts().written],
      ['alerts_lost_total', 'Alerts that were shown and could not be kept.', () => alerts().lost],
      ['aggregator_repeats_total', 'Messages that had come before.', () => aggregator().repeats],
      [
        'aggregator_pictures_dropped_total',
        'Detections whose pictures were let go to bound memory.',
        () => aggregator().picturesDropped,
      ],
    ]);
    registerGauges(registry, [
      ['alerts_stored', 'Alerts in the history.', () => alerts().alerts],
      ['alerts_unsaved', 'Alerts that wait for the history to work again.', () => alerts().unsaved],
      ['alert_store_bytes', 'Size of the history, pictures included.', () => alerts().sizeBytes],
      ['aggregator_pending', 'Detections that wait for the results of their groups.', () => aggregator().pending],
      ['aggregator_picture_bytes', 'Pictures that they hold.', () => aggregator().pictureBytes],
    ]);
    this.#joins = new Counter({
      name: 'aggregated_detections_total',
      help: 'Detections joined with the results of their groups, by how the wait for those ended.',
      labelNames: ['outcome'],
      registers: [registry],
    });
  }

  /** Counts a detection whose wait has ended. */
  observeJoin(outcome: JoinOutcome): void {
    this.#joins.inc({ outcome });
  }
}
