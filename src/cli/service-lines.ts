/** What is said of services: a word in colour, and the rest in words. */
import type { ServiceFiles } from '../services/service.ts';
import type { ServiceStatus } from '../services/service-status.ts';
import type { StartOutcome } from '../services/start-service.ts';
import type { StopOutcome } from '../services/stop-service.ts';
import type { Colour, Paint } from './colour.ts';

export interface ServiceLine {
  /** For `--json`. */
  readonly facts: object;
  /** Whether it is as it should be. */
  readonly isWell: boolean;
  text(paint: Paint): string;
}

const nameWidth = 'result-aggregator'.length + 2;
const wordWidth = 'listening'.length + 2;

/** What came of a start. */
export function startLine({ name, logFile }: ServiceFiles, outcome: StartOutcome): ServiceLine {
  const facts = { name, logFile, ...outcome };
  switch (outcome.outcome) {
    case 'listening':
      return line(facts, true, name, 'green', 'running', `pid ${outcome.pid}, ${outcome.address}`);
    case 'starting':
      return line(facts, true, name, 'yellow', 'starting', `pid ${outcome.pid}, does not listen yet: see ${logFile}`);
    case 'refused':
      return line(facts, false, name, 'red', 'refused', `runs already: pid ${outcome.pid}`);
    case 'failed':
      return line(facts, false, name, 'red', 'failed', `${outcome.reason}: see ${logFile}`, outcome.lastLines);
  }
}

/** What came of a stop. One that had to be killed is not as it should be. */
export function stopLine({ name }: ServiceFiles, outcome: StopOutcome): ServiceLine {
  const facts = { name, ...outcome };
  switch (outcome.outcome) {
    case 'none':
      return line(facts, true, name, 'dim', 'stopped', 'did not run');
    case 'stopped':
      return line(facts, true, name, 'green', 'stopped', `pid ${outcome.pid}, ended in ${seconds(outcome.tookMs)}`);
    case 'killed':
      return line(
        facts,
        false,
        name,
        'red',
        'killed',
        `pid ${outcome.pid} had not ended after ${seconds(outcome.tookMs)}`,
      );
    case 'failed':
      return line(facts, false, name, 'red', 'failed', `pid ${outcome.pid} runs on: ${outcome.reason}`);
  }
}

/** What has become of a service. */
export function statusLine(status: ServiceStatus): ServiceLine {
  const { name, logFile } = status;
  const facts = statusFacts(status);
  switch (status.state) {
    case 'running': {
      const { pid, startedAt, address } = status.record;
      const isWell = status.health === undefined || status.health === 'UP';
      const words = [
        `pid ${pid}${status.isCertain ? '' : ' (known by its pid alone)'}`,
        ...(startedAt === undefined ? [] : [`since ${startedAt}`]),
        ...(address === undefined ? [] : [address]),
        ...(status.health === undefined ? [] : [status.health]),
      ];
      return line(facts, isWell, name, isWell ? 'green' : 'yellow', 'running', words.join(', '));
    }
    case 'stopped':
      return line(facts, false, name, 'dim', 'stopped', '');
    case 'ended':
      return line(facts, false, name, 'red', 'ended', `${endedWords(status)}: see ${logFile}`, lastLines(status));
    case 'stale':
      return line(
        facts,
        false,
        name,
        'red',
        'ended',
        `${endedWords(status)}, that is now: ${status.command}`,
        lastLines(status),
      );
  }
}

function statusFacts(status: ServiceStatus): object {
  if (status.state === 'stopped') return status;
  const { record, ...facts } = status;
  const { startMark: _startMark, ...shown } = record;
  return { ...facts, ...shown };
}

function endedWords({ record: { pid } }: { readonly record: { readonly pid: number } }): string {
  return pid === 0 ? 'its PID file holds no pid' : `nobody has stopped it; it had pid ${pid}`;
}

function lastLines({ lastLine }: ServiceStatus): string[] {
  return lastLine === undefined ? [] : [lastLine];
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

function line(
  facts: object,
  isWell: boolean,
  name: string,
  colour: Colour,
  word: string,
  words: string,
  quoted: readonly string[] = [],
): ServiceLine {
  return {
    facts,
    isWell,
    text: (paint) =>
      [
        `${name.padEnd(nameWidth)}${paint(colour, word)}${' '.repeat(wordWidth - word.length)}${words}`.trimEnd(),
        ...quoted.map((text) => paint('dim', `  | ${text}`)),
      ].join('\n'),
  };
}
