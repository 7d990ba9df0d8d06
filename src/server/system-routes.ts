/** How the service is: health, metrics, the API keys, what waits for the broker. */
import { mayDo } from '../auth/access-level.ts';
import type { Clock } from '../time/clock.ts';
import type { OutboxStatus } from '../uplink/outbox-status.ts';
import { type KeyAnswer, keyListData } from './key-data.ts';
import type { UplinkData } from './messages.ts';
import { json } from './reply.ts';
import type { Route } from './route.ts';

export interface SystemAnswers {
  /** What is told of the service's health: to everybody, and to those who may in. */
  readonly health: { summary(): object; details(): object };
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Who judges and how the API keys stand. */
  readonly keys: () => KeyAnswer;
  /** What waits for the broker; nothing where there is no outbox. */
  readonly outbox: () => OutboxStatus | undefined;
  readonly clock: Clock;
}

export function systemRoutes({ health, metrics, keys, outbox, clock }: SystemAnswers): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/health/health_check',
      role: 'public',
      handle: ({ caller }) =>
        json(mayDo(caller.role, 'viewer') ? { ...health.summary(), ...health.details() } : health.summary()),
    },
    {
      method: 'GET',
      path: '/metrics',
      role: 'viewer',
      handle: async () => ({
        status: 200,
        headers: { 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' },
        body: await metrics.text(),
      }),
    },
    {
      method: 'GET',
      path: '/api/keys',
      role: 'viewer',
      handle: () => json(keyListData(keys(), clock.nowMs())),
    },
    {
      method: 'GET',
      path: '/api/uplink',
      role: 'viewer',
      handle: () => json(uplinkData(outbox(), clock.nowMs())),
    },
  ];
}

function uplinkData(outbox: OutboxStatus | undefined, nowMs: number): UplinkData {
  return { nowMs, ...(outbox === undefined ? {} : { outbox }) };
}
