import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorMessage, RoadwatchError } from '../../errors.ts';
import { type ExportSelection, exportedRecords } from '../../uplink/offline/exported-records.ts';
import { OutboxReading } from '../../uplink/offline/outbox-reading.ts';
import type { ExportPlace } from '../../uplink/offline/places.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { complain, printLine } from '../output.ts';
import type { OutboxFlags } from './describe.ts';
import { outboxOf } from './outbox-file.ts';
import { countText } from './words.ts';

export interface ExportFlags extends OutboxFlags {
  readonly what: readonly ExportPlace[];
  readonly topic?: string;
  readonly camera?: string;
  /** UTC milliseconds. */
  readonly from?: number;
  readonly to?: number;
  readonly out?: string;
}

/** `roadwatch outbox export`: messages as lines of JSON. 3 where some cannot be read: stderr says which. */
export async function exportOutbox(flags: ExportFlags): Promise<ExitCode> {
  const { path } = outboxOf(flags);
  const reading = new OutboxReading(path);
  const counts = { records: 0, broken: 0 };
  try {
    const lines = linesOf(reading, selectionOf(flags), counts);
    if (flags.out === undefined) for (const line of lines) await printLine(line);
    else await writeLines(lines, flags.out);
  } finally {
    reading.close();
  }
  await sayCounts(flags, { file: path, ...counts });
  return counts.broken === 0 ? exitCodes.ok : exitCodes.partial;
}

/** One at a time, whenever the reader has room; what is broken goes to stderr, and is counted. */
function* linesOf(
  reading: OutboxReading,
  selection: ExportSelection,
  counts: { records: number; broken: number },
): Generator<string> {
  for (const exported of exportedRecords(reading, selection)) {
    if ('line' in exported) {
      counts.records += 1;
      yield exported.line;
    } else {
      counts.broken += 1;
      complain(exported.fault);
    }
  }
}

/** For the user alone: messages may hold pictures of people. */
async function writeLines(lines: Generator<string>, path: string): Promise<void> {
  const file = await newFile(path);
  const ended = (function* () {
    for (const line of lines) yield `${line}\n`;
  })();
  await pipeline(Readable.from(ended), file.createWriteStream());
}

async function newFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw new RoadwatchError('cannot-write', `--out: expected a file that can be made: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

async function sayCounts(
  { json, out }: ExportFlags,
  counts: { readonly file: string; readonly records: number; readonly broken: number },
): Promise<void> {
  const broken = counts.broken === 0 ? '' : `; ${counts.broken} cannot be read`;
  const text = json ? JSON.stringify(counts) : `${countText(counts.records, 'message')}${broken}`;
  if (json && out !== undefined) await printLine(text);
  else complain(text);
}

function selectionOf({ what, topic, camera, from, to }: ExportFlags): ExportSelection {
  return {
    places: new Set(what),
    ...(topic === undefined ? {} : { topic }),
    ...(camera === undefined ? {} : { camera }),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { toMs: to }),
  };
}
