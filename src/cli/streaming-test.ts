import { KafkaBus } from '../bus/kafka/kafka-bus.ts';
import { KafkaSender } from '../bus/kafka/kafka-sender.ts';
import type { Config } from '../config/schema.ts';
import { errorMessage } from '../errors.ts';
import { createLog, RepeatedLines } from '../log.ts';
import type { StreamingCounts } from '../streaming-test/journey-book.ts';
import { runStreamingTest, type StreamingMode } from '../streaming-test/streaming-test.ts';
import { realClock } from '../time/clock.ts';
import { systemRandom } from '../time/random.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain, printLine } from './output.ts';
import { StopSignal } from './signals.ts';

export interface StreamingTestFlags extends ConfigFlags {
  readonly mode: StreamingMode;
  readonly cameras: number;
  /** Seconds, like those below. */
  readonly duration: number;
  readonly interval: number;
  readonly settle: number;
  readonly ready: number;
  readonly pictureKib: number;
  /** Separated by commas. */
  readonly bootstrap?: string;
  readonly json?: boolean;
}

interface Report extends StreamingCounts {
  readonly mode: StreamingMode;
  readonly cameras: number;
  readonly ok: boolean;
}

const secondMs = 1000;

/** `roadwatch streaming-test`: whether what is sent through the topics comes out at their end, while the roles run. */
export async function testStreaming(flags: StreamingTestFlags): Promise<ExitCode> {
  const config = loadFromFlags(flags, {
    flags:
      flags.bootstrap === undefined
        ? []
        : [{ flag: '--bootstrap', path: ['kafka', 'bootstrapServers'], value: flags.bootstrap.split(',') }],
  });
  const stop = new StopSignal();
  const kafka = await openTopics(config);
  try {
    const counts = await runStreamingTest({
      bus: kafka.bus,
      clock: realClock,
      mode: flags.mode,
      cameras: flags.cameras,
      durationMs: flags.duration * secondMs,
      intervalMs: flags.interval * secondMs,
      pictureBytes: flags.pictureKib * 1024,
      readyLimitMs: flags.ready * secondMs,
      settleMs: flags.settle * secondMs,
      isReading: () => isReading(kafka.bus),
      onProgress: (progress, elapsedMs) => complain(progressText(progress, elapsedMs)),
      signal: stop.signal,
    });
    const report: Report = { mode: flags.mode, cameras: flags.cameras, ok: isComplete(counts), ...counts };
    await printLine(flags.json ? JSON.stringify(report) : reportText(report));
    if (stop.signal.aborted) return exitCodes.interrupted;
    return report.ok ? exitCodes.ok : exitCodes.failure;
  } finally {
    await kafka.close();
    stop.dispose();
  }
}

async function openTopics({ kafka: settings, log }: Config): Promise<{ bus: KafkaBus; close(): Promise<void> }> {
  const lines = new RepeatedLines(createLog(log.level));
  const surroundings = { clock: realClock, random: systemRandom, lines };
  const sender = await KafkaSender.open({ ...surroundings, connection: settings });
  const onHandlerError = (error: unknown) => complain(`a message could not be read: ${errorMessage(error)}`);
  const bus = await KafkaBus.open({ ...surroundings, settings, sender, onHandlerError });
  return {
    bus,
    close: async () => {
      await bus.close();
      await sender.close();
    },
  };
}

/** Whether partitions of all topics that are looked at are assigned. */
function isReading(bus: KafkaBus): boolean {
  const reader = bus.stats().find((one) => one.reader === 'onlooker');
  return reader?.topics.every(({ partitions }) => partitions > 0) ?? false;
}

function isComplete({ missing, errors }: StreamingCounts): boolean {
  return Object.values(missing).every((count) => count === 0) && Object.keys(errors).length === 0;
}

function progressText(counts: StreamingCounts, elapsedMs: number): string {
  const { sent, tasks, results, underWay, latencyMs } = counts;
  return (
    `${Math.round(elapsedMs / secondMs)} s: sent ${sent}, tasks ${tasks}, results ${results}, under way ${underWay}; ` +
    `latency ${latencyMs.mean} ms (p95 ${latencyMs.p95} ms); errors ${sumOf(counts.errors)}`
  );
}

function reportText(report: Report): string {
  const { sent, expected, results, latencyMs, successRate, repeats } = report;
  return [
    `${report.ok ? 'ok  ' : 'FAIL'}  ${report.mode}, ${report.cameras} cameras`,
    `sent          ${sent} detections`,
    `received      ${results} of ${expected} results`,
    `latency       ${latencyMs.mean} ms on average, p50 ${latencyMs.p50} ms, p95 ${latencyMs.p95} ms, at most ${latencyMs.max} ms`,
    `success rate  ${(successRate * 100).toFixed(2)} %`,
    `missing       ${namedCounts(report.missing)}`,
    `errors        ${namedCounts(report.errors)}`,
    `repeats       ${repeats}`,
  ].join('\n');
}

function namedCounts(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.length === 0 ? 'none' : some.map(([name, count]) => `${name} ${count}`).join(', ');
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
