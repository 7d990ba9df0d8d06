/** The commands of `roadwatch outbox`. What does their work is loaded when one is called. */
import { type Command, Option } from 'commander';
import { topics } from '../../bus/topics.ts';
import { exportPlaces, replayPlaces } from '../../uplink/offline/places.ts';
import { addConfigFlags, type ConfigFlags } from '../config-options.ts';
import type { ExitCode } from '../exit-codes.ts';
import { momentBefore } from '../moment.ts';

/** What all of them take. */
export interface OutboxFlags extends ConfigFlags {
  readonly file?: string;
  readonly json?: boolean;
}

export function describeOutbox(outbox: Command, done: (code: ExitCode) => void): void {
  outbox.description(
    'what waits on the disk of a box for its brokers: look at it, prove it, send it again, take it out',
  );
  const subcommand = (name: string, json: string) =>
    addConfigFlags(outbox.command(name).exitOverride())
      .option('--file <file>', "the outbox's file (uplink.outboxPath)")
      .option('--json', json);
  const moment = momentBefore(Date.now());
  const topic = () => new Option('--topic <topic>', 'of this topic alone').choices(Object.keys(topics));
  const line = 'print one JSON line';

  subcommand('status', line)
    .description(
      'how much waits, for how long, and what was refused or damaged; of a service that runs as it says itself',
    )
    .option('--topics', 'count by topic as well: reads every message')
    .action(async (flags) => done(await (await import('./status.ts')).showOutbox(flags)));
  subcommand('check', line)
    .description('whether file and messages are as they were written; changes nothing')
    .option('--quick', "the file's structure alone, without its messages")
    .action(async (flags) => done(await (await import('./check.ts')).checkOutbox(flags)));
  subcommand('replay', line)
    .description('put what was refused or damaged back among what is to be sent, while no service runs')
    .addOption(new Option('--what <where...>', 'from there').choices(replayPlaces).default([...replayPlaces]))
    .option('--reason <code>', 'refused for this reason alone, as in MSG_SIZE_TOO_LARGE')
    .addOption(topic())
    .option('--id <id...>', 'these alone')
    .option('--since <time>', 'put there since then: ISO 8601, or how long ago (12h)', moment)
    .option('--dry-run', 'say what would be done')
    .action(async (flags) => done(await (await import('./replay.ts')).replayOutbox(flags)));
  subcommand('export', 'print the counts at the end as one JSON line (to stderr, where the messages go to stdout)')
    .description('print messages, a JSON line each')
    .addOption(new Option('--what <where...>', 'from there').choices(exportPlaces).default([...exportPlaces]))
    .addOption(topic())
    .option('--camera <id>', 'of this camera alone')
    .option('--from <time>', 'taken since then: ISO 8601, or how long ago (12h)', moment)
    .option('--to <time>', 'taken before that', moment)
    .option('--out <file>', 'write them there instead; the file must not exist')
    .action(async (flags) => done(await (await import('./export.ts')).exportOutbox(flags)));
}
