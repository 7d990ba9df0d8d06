/** Which instructions this machine's processor has, as the kernel tells it. */
import { readFileSync } from 'node:fs';

/**
 * Instructions with which onnxruntime multiplies 8-bit numbers several times as fast as floats, by the kernel's names;
 * the best first. x86, then ARM.
 */
export const fastInt8Features = ['avx512_vnni', 'avx_vnni', 'avx2', 'i8mm', 'asimddp'] as const;
export type FastInt8Feature = (typeof fastInt8Features)[number];

/** `flags` on x86, `Features` on ARM. */
const featureLine = /^(?:flags|Features)\s*:(.*)$/gm;

/** The features that every core of a /proc/cpuinfo has: a thread may run on any of them. */
export function parseCpuFeatures(cpuinfo: string): ReadonlySet<string> {
  const cores = [...cpuinfo.matchAll(featureLine)].map(([, names = '']) => new Set(names.trim().split(/\s+/)));
  const [first = new Set<string>(), ...others] = cores;
  return new Set([...first].filter((name) => others.every((core) => core.has(name))));
}

/** This machine's; none where the kernel tells nothing. */
export function readCpuFeatures(path = '/proc/cpuinfo'): ReadonlySet<string> {
  try {
    return parseCpuFeatures(readFileSync(path, 'utf8'));
  } catch {
    return new Set();
  }
}

/** The best instructions for 8-bit arithmetic among these; none where it is no faster than floats. */
export function fastInt8(features: ReadonlySet<string>): FastInt8Feature | undefined {
  return fastInt8Features.find((name) => features.has(name));
}
