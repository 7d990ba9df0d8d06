/**
 * The file that says which process runs a service. Its first line is the pid, for `kill $(head -n 1 FILE)`; its second says
 * in JSON how to tell that process from another one that has the same pid later.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { errorCode } from '../errors.ts';

const recordSchema = z.object({
  startMark: z.string().exactOptional(),
  /** UTC. */
  startedAt: z.iso.datetime().exactOptional(),
  /** Where it listens, once it has said so: `http://127.0.0.1:5000` */
  address: z.string().exactOptional(),
});

export interface PidRecord extends Readonly<z.output<typeof recordSchema>> {
  readonly pid: number;
}

/** What the file says; undefined where there is none. A file that holds no pid says nothing: `pid` is 0. */
export function readPidFile(path: string): PidRecord | undefined {
  const text = readIfThere(path);
  return text === undefined ? undefined : parsePidFile(text);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parsePidFile(text: string): PidRecord {
  const [first = '', second = ''] = text.split('\n');
  const pid = /^[1-9]\d{0,9}$/.test(first.trim()) ? Number(first) : 0;
  return { ...factsIn(second), pid };
}

function factsIn(line: string): z.output<typeof recordSchema> {
  try {
    return recordSchema.parse(JSON.parse(line));
  } catch {
    // Written by somebody else: the pid alone counts.
    return {};
  }
}

function pidFileText({ pid, ...facts }: PidRecord): string {
  return `${pid}\n${JSON.stringify(facts)}\n`;
}

/** Writes the file in one step: a reader finds the old one or the new one, whole. */
export function writePidFile(path: string, record: PidRecord): void {
  const draft = writeDraft(path, record);
  renameSync(draft, path);
}

/** Makes the file, in one step; false where there is one already. */
export function claimPidFile(path: string, record: PidRecord): boolean {
  const draft = writeDraft(path, record);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes the file, if it still says `known`; false where somebody else has put another there meanwhile, which then stays.
 */
export function removePidFile(path: string, known: PidRecord): boolean {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
  const removed = readPidFile(aside);
  const isKnown = removed !== undefined && pidFileText(removed) === pidFileText(known);
  if (!isKnown) putBack(aside, path);
  rmSync(aside, { force: true });
  return isKnown;
}

function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function writeDraft(path: string, record: PidRecord): string {
  const draft = `${path}.${process.pid}.new`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(draft, pidFileText(record), { mode: 0o600 });
  return draft;
}
