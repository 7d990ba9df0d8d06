import { Gauge, type Registry } from 'prom-client';
import systeminformation from 'systeminformation';
import { registerCounters, registerGauges } from './reading.ts';

/** Facts about the machine that name nobody: no host name, no addresses, no serial numbers. */
export interface SystemFacts {
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: string;
  readonly memory_bytes: string;
  readonly node: string;
  readonly version: string;
}

/** Reads the facts of this machine; `version` is Roadwatch's. */
export async function readSystemFacts(version: string): Promise<SystemFacts> {
  const [os, cpu, memory] = await Promise.all([
    systeminformation.osInfo(),
    systeminformation.cpu(),
    systeminformation.mem(),
  ]);
  return {
    os: `${os.distro} ${os.release}`.trim(),
    arch: os.arch,
    cpu: `${cpu.manufacturer} ${cpu.brand}`.trim(),
    cores: String(cpu.cores),
    memory_bytes: String(memory.total),
    node: process.versions.node,
    version,
  };
}

/** Registers `system_info`: always 1, the facts are its labels. */
export function registerSystemInfo(registry: Registry, facts: SystemFacts): void {
  const info = new Gauge({
    name: 'system_info',
    help: 'The machine and its versions, as labels.',
    labelNames: Object.keys(facts),
    registers: [registry],
  });
  info.set({ ...facts }, 1);
}

/** Registers what the process uses. */
export function registerProcessMetrics(registry: Registry): void {
  registerCounters(registry, [
    [
      'process_cpu_seconds_total',
      'Processor time, all threads.',
      () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
    ],
  ]);
  const startedSeconds = performance.timeOrigin / 1000;
  registerGauges(registry, [
    ['process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss()],
    ['process_start_time_seconds', 'Start of the process, since the epoch.', () => startedSeconds],
  ]);
}
