import { realClock } from '../../time/clock.ts';
import type { ReplayPlace } from '../../uplink/offline/places.ts';
import { planReplay, type ReplayOutcome, type ReplayRequest, replay } from '../../uplink/offline/replay.ts';
import { outboxLimits } from '../../uplink/store/open-outbox-store.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { complain, printLine } from '../output.ts';
import type { OutboxFlags } from './describe.ts';
import { outboxOf } from './outbox-file.ts';
import { countText } from './words.ts';

export interface ReplayFlags extends OutboxFlags {
  readonly what: readonly ReplayPlace[];
  readonly reason?: string;
  readonly topic?: string;
  readonly id?: readonly string[];
  /** UTC milliseconds. */
  readonly since?: number;
  readonly dryRun?: boolean;
}

/** `roadwatch outbox replay`: what was refused or damaged is sent again. 3 where some of it is too damaged. */
export async function replayOutbox(flags: ReplayFlags): Promise<ExitCode> {
  const { config, path } = outboxOf(flags);
  const request = requestOf(path, flags);
  const dryRun = flags.dryRun === true;
  const outcome = dryRun ? planReplay(request) : replay(request, outboxLimits(config.uplink), realClock, complain);
  if (flags.json) await printLine(JSON.stringify({ file: path, dryRun, ...outcome }));
  else for (const line of outcomeLines(outcome, dryRun)) await printLine(line);
  return outcome.damaged + outcome.beyondMending > 0 ? exitCodes.partial : exitCodes.ok;
}

function requestOf(path: string, { what, reason, topic, id, since }: ReplayFlags): ReplayRequest {
  return {
    path,
    places: new Set(what),
    selection: {
      ...(reason === undefined ? {} : { code: reason }),
      ...(topic === undefined ? {} : { topic }),
      ...(id === undefined ? {} : { ids: id }),
      ...(since === undefined ? {} : { sinceMs: since }),
    },
  };
}

function outcomeLines(outcome: ReplayOutcome, dryRun: boolean): string[] {
  const { deadLetters, damaged, quarantined, beyondMending, evicted = 0 } = outcome;
  const back = `${countText(deadLetters, 'dead letter')}, ${countText(quarantined, 'message')} of the quarantine`;
  return [
    `${dryRun ? 'would go back into the queue' : 'back in the queue'}: ${back}`,
    ...(damaged > 0 ? [`damaged, into the quarantine: ${countText(damaged, 'dead letter')}`] : []),
    ...(beyondMending > 0 ? [`left in the quarantine, beyond mending: ${countText(beyondMending, 'message')}`] : []),
    ...(evicted > 0 ? [`made room (uplink.maxMegabytes): ${countText(evicted, 'message')}, or their pictures`] : []),
  ];
}
