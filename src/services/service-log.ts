/** The log files of services: what a process says on stdout and stderr goes straight into its file. */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { urlHost } from '../config/url-host.ts';

/** A file that has grown beyond this is put aside (`.1`) at the next start. */
const rotateAtBytes = 16 * 1024 * 1024;
/** How much of a log is looked at: at its end, or for the words of a start. */
const maxReadBytes = 256 * 1024;

/** Opens a log to append to; `offset` is where what is written from now on begins. The caller closes `fd`. */
export function openServiceLog(path: string): { fd: number; offset: number } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (sizeOf(path) > rotateAtBytes) renameSync(path, `${path}.1`);
  const fd = openSync(path, 'a', 0o600);
  return { fd, offset: fstatSync(fd).size };
}

/** The last lines, oldest first; none where there is no log. */
export function lastLogLines(path: string, count: number, fromOffset = 0): string[] {
  const size = sizeOf(path);
  const text = readLog(path, Math.max(fromOffset, size - maxReadBytes));
  return text.trimEnd().split('\n').filter(Boolean).slice(-count);
}

/** Where the service that writes this log listens, if it has said so after `offset`. */
export function announcedAddress(path: string, offset: number): string | undefined {
  for (const line of readLog(path, offset).split('\n')) {
    const fields = parseLine(line);
    if (typeof fields?.port === 'number') return `http://${reachable(fields.host)}:${fields.port}`;
  }
  return undefined;
}

function reachable(host: unknown): string {
  if (typeof host !== 'string' || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return urlHost(host);
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readLog(path: string, offset: number): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(maxReadBytes);
    const length = readSync(fd, buffer, 0, buffer.length, offset);
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
