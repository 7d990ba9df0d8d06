/** `roadwatch services start|stop|status`: the roles of the service, each in a process of its own. */
import { join } from 'node:path';
import { installedPath } from '../config/installation.ts';
import { type Config, roleNames } from '../config/schema.ts';
import { stateFolder } from '../config/state-folder.ts';
import { type ServiceFiles, serviceFiles } from '../services/service.ts';
import { serviceStatus } from '../services/service-status.ts';
import { startService } from '../services/start-service.ts';
import { stopService } from '../services/stop-service.ts';
import { realClock } from '../time/clock.ts';
import { paintFor } from './colour.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { printLine } from './output.ts';
import { type ServiceLine, startLine, statusLine, stopLine } from './service-lines.ts';

type Role = Config['kafka']['roles'][number];

const secondMs = 1000;

export interface ServicesFlags {
  readonly role?: readonly Role[];
  readonly runFolder?: string;
  readonly json?: boolean;
}

export interface StartFlags extends Omit<ConfigFlags, 'role'>, ServicesFlags {
  /** Seconds. */
  readonly wait: number;
}

export interface StopFlags extends ServicesFlags {
  /** Seconds. */
  readonly wait: number;
}

/** `roadwatch services start`: one process for each role, which go on when this one ends. */
export async function startServices(flags: StartFlags): Promise<ExitCode> {
  const config = loadFromFlags(flags);
  const lines = await Promise.all(
    rolesToStart(flags, config).map(async (role) => {
      const files = serviceFiles(runFolderOf(flags), role);
      const outcome = await startService({
        files,
        command: [process.execPath, installedPath('dist', 'main.js'), ...runArguments(role, flags, config)],
        env: process.env,
        waitMs: flags.wait * secondMs,
        clock: realClock,
      });
      return startLine(files, outcome);
    }),
  );
  return report(flags, lines);
}

/** `roadwatch services stop`: ends what `start` has started. */
export async function stopServices(flags: StopFlags): Promise<ExitCode> {
  const waitMs = flags.wait * secondMs;
  const stops = await Promise.all(
    namedOrKnown(flags).map(async (files) => ({ files, ...(await stopService({ files, waitMs, clock: realClock })) })),
  );
  await say(
    flags,
    stops.map(({ files, ...outcome }) => stopLine(files, outcome)),
  );
  if (stops.some(({ outcome }) => outcome === 'failed')) return exitCodes.failure;
  return stops.some(({ outcome }) => outcome === 'killed') ? exitCodes.partial : exitCodes.ok;
}

/** `roadwatch services status`: what has become of them. */
export async function showServices(flags: ServicesFlags): Promise<ExitCode> {
  const all = await Promise.all(namedOrKnown(flags).map(serviceStatus));
  const shown = flags.role === undefined ? all.filter(({ state }) => state !== 'stopped') : all;
  if (shown.length === 0 && !flags.json) await printLine(`no service was started in ${runFolderOf(flags)}`);
  return report(flags, shown.map(statusLine));
}

/** Without Kafka there is no way from one process to another: all roles then run in one. */
function rolesToStart({ role }: StartFlags, { kafka }: Config): readonly Role[] {
  if (role !== undefined) return [...new Set(role)];
  return kafka.enabled ? roleNames : ['all'];
}

function namedOrKnown(flags: ServicesFlags): ServiceFiles[] {
  const roles = flags.role ?? [...roleNames, 'all'];
  return [...new Set(roles)].map((role) => serviceFiles(runFolderOf(flags), role));
}

function runFolderOf({ runFolder }: ServicesFlags): string {
  return runFolder ?? join(stateFolder(), 'services');
}

/** The same flags for each; only the port is its own: the roles listen on ports in a row. */
function runArguments(role: Role, flags: StartFlags, { server }: Config): string[] {
  const place = role === 'all' ? 0 : roleNames.indexOf(role);
  const port = server.port === 0 ? 0 : server.port + place;
  return [
    'run',
    ...['--role', role],
    ...['--port', String(port)],
    ...(flags.config === undefined ? [] : ['--config', flags.config]),
    ...(flags.host === undefined ? [] : ['--host', flags.host]),
    ...(flags.logLevel === undefined ? [] : ['--log-level', flags.logLevel]),
  ];
}

/** Says what became of each, and gives the exit code: all are well, some are, or none is. */
async function report(flags: ServicesFlags, lines: readonly ServiceLine[]): Promise<ExitCode> {
  await say(flags, lines);
  const well = lines.filter(({ isWell }) => isWell).length;
  if (well === 0) return exitCodes.failure;
  return well === lines.length ? exitCodes.ok : exitCodes.partial;
}

async function say({ json }: ServicesFlags, lines: readonly ServiceLine[]): Promise<void> {
  if (json) return printLine(JSON.stringify({ services: lines.map(({ facts }) => facts) }));
  const paint = paintFor(process.stdout);
  for (const line of lines) await printLine(line.text(paint));
}
