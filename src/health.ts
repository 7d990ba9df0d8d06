/** What the service tells of its health. */
import type { Engine } from './detect/engine.ts';

/** `summary` is for everybody who can reach the port, `details` for those who may in. */
export function healthReport(version: string, engine: Engine): { summary(): object; details(): object } {
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
        uptimeSeconds: Math.round(process.uptime()),
      };
    },
  };
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
