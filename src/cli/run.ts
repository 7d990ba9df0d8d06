import { createLog } from '../log.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { StopSignal } from './signals.ts';

/** `roadwatch run`: the service, until SIGTERM or SIGINT. */
export async function runService(flags: ConfigFlags): Promise<ExitCode> {
  const config = loadFromFlags(flags);
  const { App } = await import('../app.ts');
  const stop = new StopSignal();
  try {
    const app = await App.start(config, { log: createLog(config.log.level) });
    await stop.wait();
    await app.close();
    return exitCodes.ok;
  } finally {
    stop.dispose();
  }
}
