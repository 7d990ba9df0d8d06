/** What the service tells of its health. */
import type { AlertDesk } from './alert/alert-desk.ts';
import type { Engine } from './detect/engine.ts';
import type { OutboxStatus } from './uplink/outbox-status.ts';

/** `summary` is for everybody who can reach the port, `details` for those who may in. */
export function healthReport(
  version: string,
  engine: Engine,
  alerts: AlertDesk,
  outbox: { status(): OutboxStatus } | undefined,
): { summary(): object; details(): object } {
  return {
    summary: () => ({ status: 'UP', service: 'algo', version }),
    details: () => {
      const { classNames: _classNames, ...inference } = engine.details();
      const { cameras, framesWaiting, failedBatches, stretch } = engine.stats();
      return {
        inference,
        cameras: countBy(cameras.map((camera) => camera.connection.state)),
        queue: { framesWaiting, failedBatches },
        load: { stretch },
        alerts: alertHealth(alerts),
        ...(outbox === undefined ? {} : { outbox: outbox.status() }),
        uptimeSeconds: Math.round(process.uptime()),
      };
    },
  };
}

function alertHealth(desk: AlertDesk): object {
  const { active, alerts, sizeBytes, unsaved, history } = desk.stats();
  return { active: active.length, stored: alerts, unsaved, sizeBytes, history };
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
