import { createLog } from '../log.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { endProcess } from './end-process.ts';
import type { ExitCode } from './exit-codes.ts';
import { serve } from './serve.ts';
import { StopSignal } from './signals.ts';

/** `roadwatch run`: the service, until SIGTERM or SIGINT. */
export async function runService(flags: ConfigFlags): Promise<ExitCode> {
  const stop = new StopSignal();
  try {
    const config = loadFromFlags(flags);
    const log = createLog(config.log.level);
    const { App } = await import('../app.ts');
    return await serve({ start: () => App.start(config, { log }), stop: stop.wait(), log, endProcess });
  } finally {
    stop.dispose();
  }
}
