import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fastInt8, parseCpuFeatures, readCpuFeatures } from '../../../src/detect/cpu-features.ts';

/** What /proc/cpuinfo says on these machines; lines about clocks, caches and bugs are left out. */
const recorded = fileURLToPath(new URL('cpuinfo/', import.meta.url));

function featuresOf(machine: string): ReadonlySet<string> {
  return parseCpuFeatures(readFileSync(join(recorded, `${machine}.txt`), 'utf8'));
}

describe('the instructions for fast int8', () => {
  const expected = {
    'amd-epyc': 'avx512_vnni',
    'intel-n100': 'avx_vnni',
    'intel-haswell': 'avx2',
    'intel-goldmont': undefined,
    'raspberry-pi-4': undefined,
    'raspberry-pi-5': 'asimddp',
    'jetson-orin': 'asimddp',
  };

  it.each(Object.entries(expected))('of %s: %s', (machine, feature) => {
    expect(fastInt8(featuresOf(machine))).toBe(feature);
  });

  it('are looked for on every recorded machine', () => {
    expect(readdirSync(recorded).sort()).toEqual(
      Object.keys(expected)
        .map((name) => `${name}.txt`)
        .sort(),
    );
  });

  it('on ARM are, where it has them, those that multiply matrices', () => {
    expect(fastInt8(parseCpuFeatures('processor\t: 0\nFeatures\t: fp asimd asimddp sve i8mm bf16\n'))).toBe('i8mm');
  });
});

describe('the features of a machine', () => {
  it('are whole words', () => {
    expect(parseCpuFeatures('flags\t\t: fpu avx512_vnni2 notavx2\n').has('avx2')).toBe(false);
    expect(fastInt8(parseCpuFeatures('flags\t\t: fpu avx512_vnni2 notavx2\n'))).toBeUndefined();
  });

  it('are those that all of its cores have', () => {
    const mixed = 'processor\t: 0\nFeatures\t: fp asimd crc32\n\nprocessor\t: 1\nFeatures\t: fp asimd crc32 asimddp\n';
    expect([...parseCpuFeatures(mixed)]).toEqual(['fp', 'asimd', 'crc32']);
  });

  it('are none where the kernel tells of none', () => {
    expect(parseCpuFeatures('').size).toBe(0);
    expect(parseCpuFeatures('processor\t: 0\nmodel name\t: flags: none\n').size).toBe(0);
    expect(readCpuFeatures('/nonexistent/cpuinfo').size).toBe(0);
  });
});
