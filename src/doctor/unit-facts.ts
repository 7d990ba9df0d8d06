/** What systemd says of the service. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errorMessage } from '../errors.ts';

const run = promisify(execFile);
const limitMs = 10_000;
const properties = [
  'Id',
  'ActiveState',
  'SubState',
  'Result',
  'StatusText',
  'NRestarts',
  'ExecMainStartTimestamp',
  'ExecMainCode',
  'ExecMainStatus',
  'MemoryCurrent',
  'MemoryPeak',
  'TasksCurrent',
  'UnitFileState',
  'DropInPaths',
];

/** Of the service and of each role; why there is nothing, where systemd does not run. */
export async function unitFacts(): Promise<unknown> {
  try {
    const { stdout } = await run(
      'systemctl',
      ['show', 'roadwatch.service', 'roadwatch@*.service', ...properties.map((name) => `--property=${name}`)],
      { timeout: limitMs },
    );
    return stdout.trim().split('\n\n').map(fieldsOf);
  } catch (error) {
    return { unavailable: errorMessage(error).split('\n').at(-1) };
  }
}

function fieldsOf(block: string): Record<string, string> {
  return Object.fromEntries(block.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
}
