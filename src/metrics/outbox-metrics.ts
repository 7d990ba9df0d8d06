import type { Registry } from 'prom-client';
import { evictionReasons, type LinkState, type OutboxStatus } from '../uplink/outbox-status.ts';
import { registerCounters, registerGauges, registerLabelledCounter, registerLabelledGauge } from './reading.ts';

const linkStates: readonly LinkState['state'][] = ['connecting', 'connected', 'silent', 'failing', 'closed'];
const lanes = ['high', 'live', 'backlog'] as const;

/** The durable outbox; read when metrics are scraped. */
export function registerOutboxMetrics(registry: Registry, status: () => OutboxStatus): void {
  registerLabelledCounter(registry, {
    name: 'outbox_evicted_total',
    help: 'Messages given up, or left without their pictures, by reason.',
    labelNames: ['reason'],
    read: () => {
      const { evicted } = status();
      return evictionReasons.map((reason) => [{ reason }, evicted[reason]]);
    },
  });
  registerLabelledGauge(registry, {
    name: 'outbox_lane_records',
    help: 'Messages on disk by the lane that they wait in.',
    labelNames: ['lane'],
    read: () => {
      const depths = status().lanes;
      return lanes.map((lane) => [{ lane }, depths[lane]]);
    },
  });
  registerLabelledGauge(registry, {
    name: 'outbox_link_state',
    help: 'The way to the broker: 1 for the state that it is in.',
    labelNames: ['state'],
    read: () => {
      const { link } = status();
      return linkStates.map((state) => [{ state }, Number(link.state === state)]);
    },
  });
  registerGauges(registry, [
    ['outbox_records', 'Messages on disk that the broker has not confirmed.', () => status().depth],
    ['outbox_bytes', 'What they hold, pictures included.', () => status().bytes],
    ['outbox_file_bytes', 'What their file takes on the disk.', () => status().fileBytes],
    ['outbox_oldest_age_seconds', 'How long the oldest has been there.', () => status().oldestAgeMs / 1000],
    ['outbox_waiting_records', 'Messages in memory that are not on disk yet.', () => status().waiting.records],
    ['outbox_waiting_bytes', 'What these hold.', () => status().waiting.bytes],
    ['outbox_in_flight', 'Messages with the sender, not confirmed yet.', () => status().inFlight],
    ['outbox_dead_letters', 'Messages that the broker refused for good, kept.', () => status().deadLetters.records],
    ['outbox_dead_letter_bytes', 'What these hold.', () => status().deadLetters.bytes],
    [
      'outbox_disk_failing',
      'Whether the disk cannot be written, or read: 1, else 0.',
      () => Number(status().disk.state !== 'ok'),
    ],
  ]);
  registerCounters(registry, [
    ['outbox_sent_total', 'Messages that the broker has confirmed.', () => status().sent],
    ['outbox_refused_total', 'Messages that the broker refused for good.', () => status().deadLetters.refused],
    [
      'outbox_dead_letters_dropped_total',
      'Dead letters let go to keep their bound.',
      () => status().deadLetters.dropped,
    ],
    ['outbox_quarantined_total', 'Damaged messages put into the quarantine file.', () => status().quarantined],
    ['outbox_repairs_total', 'Damaged files put aside and begun anew.', () => status().repairs],
  ]);
}
