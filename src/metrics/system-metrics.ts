import { Counter, Gauge, type Registry } from 'prom-client';
import systeminformation from 'systeminformation';

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
  const registers = [registry];
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, all threads.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start of the process, since the epoch.',
    registers,
  }).set(performance.timeOrigin / 1000);
}
