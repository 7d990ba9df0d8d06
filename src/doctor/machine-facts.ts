/** The machine as far as it may explain trouble: nothing that names its owner. */
import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import systeminformation from 'systeminformation';
import { errorMessage } from '../errors.ts';
import { readSystemFacts } from '../metrics/system-metrics.ts';

export async function machineFacts(version: string, stateFolder: string): Promise<object> {
  const [facts, memory, temperature, graphics] = await Promise.all([
    readSystemFacts(version),
    systeminformation.mem(),
    systeminformation.cpuTemperature(),
    systeminformation.graphics(),
  ]);
  const { total, available, swaptotal, swapused } = memory;
  return {
    ...facts,
    kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
    uptimeSeconds: systeminformation.time().uptime,
    load: loadavg(),
    memoryBytes: { total, available, swaptotal, swapused },
    temperatureCelsius: temperature.main,
    gpus: graphics.controllers.map(({ vendor, model, driverVersion }) => ({ vendor, model, driverVersion })),
    clock: { now: new Date().toISOString(), timezone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    disk: diskOf(stateFolder),
    stateFolder: filesIn(stateFolder),
  };
}

/** Of the disk that holds the folder, or will. */
function diskOf(folder: string): object {
  try {
    let existing = folder;
    while (!existsSync(existing)) existing = dirname(existing);
    const { blocks, bavail, bsize, files, ffree } = statfsSync(existing);
    return { folder, bytes: blocks * bsize, freeBytes: bavail * bsize, files, freeFiles: ffree };
  } catch (error) {
    return { folder, unreadable: errorMessage(error) };
  }
}

/** Names and sizes, at most so many; none of their contents. */
const maxFiles = 500;

function filesIn(folder: string): object {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const files = names
      .sort()
      .slice(0, maxFiles)
      .flatMap((name) => {
        const about = statSync(join(folder, name), { throwIfNoEntry: false });
        return about?.isFile() ? [{ name, bytes: about.size, changed: about.mtime.toISOString() }] : [];
      });
    return { folder, entries: names.length, files };
  } catch (error) {
    return { folder, unreadable: errorMessage(error) };
  }
}
