import { stateFolder } from '../config/state-folder.ts';
import { createLog } from '../log.ts';
import { serviceManager } from '../supervision/service-manager.ts';
import { Supervision } from '../supervision/supervision.ts';
import { realClock } from '../time/clock.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { endProcess } from './end-process.ts';
import type { ExitCode } from './exit-codes.ts';
import { serve } from './serve.ts';
import { StopSignal } from './signals.ts';

/** `roadwatch run`: the service, until SIGTERM or SIGINT; systemd, where it has started it, is told how it is. */
export async function runService(flags: ConfigFlags): Promise<ExitCode> {
  const stop = new StopSignal();
  try {
    const config = loadFromFlags(flags);
    const log = createLog(config.log.level);
    const [{ App }, { native }] = await Promise.all([import('../app.ts'), import('../native.ts')]);
    const manager = serviceManager(process.env, log, native.notifyServiceManager);
    let supervision: Supervision | undefined;
    const start = async () => {
      const app = await App.start(config, { log, crashFolder: stateFolder() });
      supervision = new Supervision({ manager, look: () => app.condition(), log, clock: realClock });
      supervision.start();
      return app;
    };
    return await serve({ start, stop: stop.wait(), onEnd: () => supervision?.stop(), log, endProcess });
  } finally {
    stop.dispose();
  }
}
