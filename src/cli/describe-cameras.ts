import { type Command, Option } from 'commander';
import { addConfigFlags, numberBetween } from './config-options.ts';
import type { ExitCode } from './exit-codes.ts';

/** Adds `cameras list|add|remove|test|import|export`; the actions are loaded when they are called. */
export function describeCameras(cameras: Command, done: (code: ExitCode) => void): void {
  cameras.description('the cameras that are kept: in a file that a running service follows');
  const subcommand = (name: string) => addConfigFlags(cameras.command(name).exitOverride());
  const kept = () => import('./cameras.ts');
  subcommand('list')
    .description('print them in their order, without their passwords')
    .option('--json', 'print one JSON line')
    .action(async (flags) => done(await (await kept()).listCameras(flags)));
  subcommand('add')
    .description('keep one more')
    .argument('<id>', 'a number, or letters, digits, ".", "_", ":" and "-"')
    .argument('<address>', 'rtsp:// or rtsps://user:password@host/path; "-": read it from stdin')
    .option('--name <text>', 'what the page calls it')
    .option('--interval <ms>', 'time between two analyses (analysis.intervalMs)', numberBetween(40, 3_600_000, true))
    .option('--priority <number>', 'of priority 2: its interval is stretched half as much', numberBetween(0.1, 10))
    .addOption(new Option('--transport <transport>', 'how its video travels').choices(['tcp', 'udp']))
    .option('--disabled', 'keep it, and do not run it')
    .action(async (id, address, flags) => done(await (await kept()).addCamera(id, address, flags)));
  subcommand('remove')
    .description('keep them no more')
    .argument('<id...>', 'ids of cameras that were added')
    .action(async (ids, flags) => done(await (await kept()).removeCameras(ids, flags)));
  subcommand('test')
    .description('look at their streams for some seconds: what is wrong, and what to set on the camera')
    .argument('[camera...]', 'ids of kept cameras, or addresses; all that are kept unless given')
    .option('--json', 'print one JSON line')
    .action(async (cameraList, flags) =>
      done(await (await import('./test-cameras.ts')).testCameras(cameraList, flags)),
    );
  subcommand('import')
    .description('keep all that a file lists: what export printed, or the `cameras` of a configuration')
    .argument('<file>', 'YAML or JSON')
    .option('--replace', 'let them take the place of kept ones with the same ids')
    .action(async (file, flags) => done(await (await kept()).importCameras(file, flags)));
  subcommand('export')
    .description('print all that are kept, and those of the configuration file')
    .addOption(new Option('--format <format>', 'of what is printed').choices(['yaml', 'json']).default('yaml'))
    .option('--with-secrets', 'with the passwords in their addresses')
    .action(async (flags) => done(await (await kept()).exportCameras(flags)));
}
