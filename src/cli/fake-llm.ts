import type { RiskLevel } from '../detect/detection-message.ts';
import { FakeProvider } from '../fake-llm/fake-provider.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain, printLine } from './output.ts';
import { StopSignal } from './signals.ts';

export interface FakeLlmFlags {
  readonly port: number;
  readonly keys: number;
  readonly accounts: number;
  readonly rps?: number;
  readonly rpm?: number;
  readonly tpm?: number;
  readonly retryAfter?: number;
  readonly latencyMs: number;
  readonly stragglers: number;
  readonly stragglerMs: number;
  readonly risk?: RiskLevel;
  readonly seed: number;
  readonly seconds?: number;
}

/** `roadwatch fake-llm`: a model provider to try things with, until a signal comes. Prints its address as JSON. */
export async function runFakeLlm(flags: FakeLlmFlags): Promise<ExitCode> {
  const stop = new StopSignal();
  try {
    const names = Array.from({ length: flags.keys }, (_, index) => `fake-key-${index + 1}`);
    const provider = await FakeProvider.start(
      {
        keys: Object.fromEntries(names.map((name, index) => [name, `account-${(index % flags.accounts) + 1}`])),
        limits: { '*': limitsOf(flags) },
        latency: { meanMs: flags.latencyMs, stragglerShare: flags.stragglers, stragglerMs: flags.stragglerMs },
        ...(flags.risk === undefined ? {} : { risk: flags.risk }),
        seed: flags.seed,
      },
      { port: flags.port },
    );
    await printLine(JSON.stringify({ baseUrl: provider.baseUrl(), keys: names, pid: process.pid }));
    complain(`A fake model provider listens on ${provider.baseUrl()}; Ctrl-C ends it.`);
    await stop.waitAtMost(flags.seconds);
    await provider.close();
    return exitCodes.ok;
  } finally {
    stop.dispose();
  }
}

function limitsOf({ rps, rpm, tpm, retryAfter }: FakeLlmFlags) {
  return {
    ...(rps === undefined ? {} : { requestsPerSecond: rps }),
    ...(rpm === undefined ? {} : { requestsPerMinute: rpm }),
    ...(tpm === undefined ? {} : { tokensPerMinute: tpm }),
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
  };
}
