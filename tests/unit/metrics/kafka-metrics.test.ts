import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { KafkaReaderStats, KafkaSenderStats } from '../../../src/bus/kafka/kafka-options.ts';
import { registerKafkaMetrics } from '../../../src/metrics/kafka-metrics.ts';

const sender: KafkaSenderStats = {
  sent: new Map([
    ['detection-results', 12],
    ['assessment-tasks-dlq', 1],
  ]),
  errors: [{ topic: 'detection-results', code: 'MSG_SIZE_TOO_LARGE', count: 2 }],
  pending: 3,
};

const reader: KafkaReaderStats = {
  reader: 'result-aggregator',
  inFlight: 4,
  isPaused: true,
  rebalances: 2,
  topics: [
    { topic: 'detection-results', received: 7, deadLetters: 0, partitions: 8 },
    { topic: 'risk-assessment-results', received: 5, deadLetters: 1, partitions: 8 },
  ],
  lag: [{ topic: 'detection-results', partition: 11, messages: 42 }],
};

async function samples(readers: readonly KafkaReaderStats[]): Promise<string[]> {
  const registry = new Registry();
  registerKafkaMetrics(registry, { sender: () => sender, readers: () => readers });
  await registry.metrics();
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('each counter stands under its name with its labels, however often it is scraped', async () => {
  expect(await samples([reader])).toEqual([
    'kafka_messages_sent_total{topic="detection-results"} 12',
    'kafka_messages_sent_total{topic="assessment-tasks-dlq"} 1',
    'kafka_send_errors_total{topic="detection-results",code="MSG_SIZE_TOO_LARGE"} 2',
    'kafka_messages_received_total{topic="detection-results",reader="result-aggregator"} 7',
    'kafka_messages_received_total{topic="risk-assessment-results",reader="result-aggregator"} 5',
    'kafka_dead_letters_total{topic="detection-results",reader="result-aggregator"} 0',
    'kafka_dead_letters_total{topic="risk-assessment-results",reader="result-aggregator"} 1',
    'kafka_rebalances_total{reader="result-aggregator"} 2',
    'kafka_consumer_lag{topic="detection-results",partition="11",reader="result-aggregator"} 42',
    'kafka_assigned_partitions{topic="detection-results",reader="result-aggregator"} 8',
    'kafka_assigned_partitions{topic="risk-assessment-results",reader="result-aggregator"} 8',
    'kafka_in_flight{reader="result-aggregator"} 4',
    'kafka_reader_paused{reader="result-aggregator"} 1',
    'kafka_send_pending 3',
  ]);
});

test('partitions that are gone leave no lag behind', async () => {
  const registry = new Registry();
  let readers = [reader];
  registerKafkaMetrics(registry, { sender: () => sender, readers: () => readers });
  expect(await registry.metrics()).toContain('kafka_consumer_lag{');
  readers = [{ ...reader, lag: [] }];
  expect(await registry.metrics()).not.toContain('kafka_consumer_lag{');
});
