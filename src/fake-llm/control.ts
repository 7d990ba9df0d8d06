/** Changes the fake provider while it runs: `/control/…`, JSON in and out. */
import { z } from 'zod';
import { type RiskLevel, riskLevelSchema } from '../detect/detection-message.ts';
import { errorMessage } from '../errors.ts';
import {
  accountLimitsSchema,
  type FakeFaultInput,
  type FakeLatency,
  faultSchema,
  latencySchema,
} from './fake-options.ts';
import type { FakeStatistics } from './statistics.ts';

/** What can be changed. */
export interface Controlled {
  setFaults(faults: readonly FakeFaultInput[]): void;
  setLatency(latency: FakeLatency): void;
  setRisk(risk: RiskLevel): void;
  setLimits(limits: Readonly<Record<string, z.output<typeof accountLimitsSchema>>>): void;
  revoke(keys: readonly string[]): void;
  restore(keys: readonly string[]): void;
  statistics(): FakeStatistics;
  resetStatistics(): void;
}

const keyNames = z.strictObject({ keys: z.array(z.string()) });

/** Carries out one command; the answer is JSON, with `error` where there is no such command or it does not fit. */
export function answerControl(provider: Controlled, method: string | undefined, path: string, body: string): string {
  try {
    return JSON.stringify(carryOut(provider, `${method} ${path.slice('/control/'.length)}`, body));
  } catch (error) {
    return JSON.stringify({ error: errorMessage(error) });
  }
}

function carryOut(provider: Controlled, command: string, body: string): unknown {
  switch (command) {
    case 'GET statistics':
      return provider.statistics();
    case 'DELETE statistics':
      provider.resetStatistics();
      return {};
    case 'PUT faults':
      provider.setFaults(z.array(faultSchema).parse(JSON.parse(body)));
      return {};
    case 'PUT latency':
      provider.setLatency(latencySchema.parse(JSON.parse(body)));
      return {};
    case 'PUT risk':
      provider.setRisk(riskLevelSchema.parse(JSON.parse(body)));
      return {};
    case 'PUT limits':
      provider.setLimits(z.record(z.string(), accountLimitsSchema).parse(JSON.parse(body)));
      return {};
    case 'POST revoke':
      provider.revoke(keyNames.parse(JSON.parse(body)).keys);
      return {};
    case 'POST restore':
      provider.restore(keyNames.parse(JSON.parse(body)).keys);
      return {};
    default:
      throw new Error(`no such command: ${command}`);
  }
}
