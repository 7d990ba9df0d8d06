/** Records as lines: what they were, from where they are, whatever is broken beside them. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutgoingRecord } from '../../../../src/bus/outgoing-record.ts';
import {
  type Exported,
  type ExportSelection,
  exportedRecords,
} from '../../../../src/uplink/offline/exported-records.ts';
import { OutboxReading } from '../../../../src/uplink/offline/outbox-reading.ts';
import { exportPlaces } from '../../../../src/uplink/offline/places.ts';
import { Quarantine, quarantinePath } from '../../../../src/uplink/store/quarantine.ts';
import { frameIn, OutboxWriter, turnBits, writeOutbox } from '../../../support/outbox-file.ts';
import { pictureRecord } from '../../../support/outbox-records.ts';

const startMs = Date.UTC(2025, 0, 1);
const all = new Set(exportPlaces);

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-export-'));
  path = join(folder, 'outbox.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function jsonRecord(id: string, value: string, key = 'gate'): OutgoingRecord {
  return { topic: 'risk-assessment-results', key, value: Buffer.from(value), id, urgency: 'normal' };
}

function exported(selection: Partial<ExportSelection> = {}): Exported[] {
  const reading = new OutboxReading(path);
  const found = [...exportedRecords(reading, { places: all, ...selection })];
  reading.close();
  return found;
}

function lines(selection: Partial<ExportSelection> = {}): Record<string, unknown>[] {
  return exported(selection).map((one) => {
    if ('fault' in one) throw new Error(one.fault);
    return JSON.parse(one.line);
  });
}

const idsOf = (selection: Partial<ExportSelection>) => lines(selection).map(({ id }) => id);

test('all that is known of a record, and its value as it is', () => {
  writeOutbox(path, [jsonRecord('a', '{"messageId":"a","exact":1.10000000000000000001}')]);
  expect(exported()).toEqual([
    {
      line:
        '{"where":"queue","seq":1,"topic":"risk-assessment-results","key":"gate","id":"a","headers":{"id":"a"},' +
        '"urgency":"normal","time":"2025-01-01T00:00:00.000Z","value":{"messageId":"a","exact":1.10000000000000000001}}',
    },
  ]);
});

test('values that are no JSON as base64, others never on more than one line', () => {
  const values = ['no json', '{\r\n "a": [1,\n2]}', '"\\n"', ''];
  writeOutbox(path, [
    ...values.map((value, index) => jsonRecord(`${index}`, value)),
    { ...jsonRecord('latin', ''), value: Buffer.from([0x22, 0xe4, 0x22]) },
  ]);
  expect(exported().every((one) => 'line' in one && !/[\r\n]/.test(one.line))).toBe(true);
  expect(lines().map(({ value, valueBase64 }) => value ?? valueBase64)).toEqual([
    'bm8ganNvbg==',
    { a: [1, 2] },
    '\n',
    '',
    'IuQi',
  ]);
});

describe('of a file with a queue, dead letters and a quarantine', () => {
  beforeEach(() => {
    const writer = new OutboxWriter(path);
    writer.commit([jsonRecord('a', '1'), { ...jsonRecord('b', '2'), urgency: 'high' }, jsonRecord('c', '3', 'bridge')]);
    writer.clock.advance(60_000);
    writer.commit(
      [pictureRecord('d'), jsonRecord('e', '5')],
      [{ seq: 3, code: 'TOPIC_AUTHORIZATION_FAILED', message: 'no' }],
    );
    writer.close();
  });

  test('high risk comes first, dead letters with the reason behind', () => {
    expect(lines().map(({ where, id }) => `${where} ${id}`)).toEqual([
      'queue b',
      'queue a',
      'queue d',
      'queue e',
      'dead c',
    ]);
    expect(lines({ places: new Set(['dead']) })).toMatchObject([
      { refusal: { code: 'TOPIC_AUTHORIZATION_FAILED', message: 'no', time: '2025-01-01T00:01:00.000Z' } },
    ]);
  });

  test('a part, by topic, camera, time and place', () => {
    expect(idsOf({ topic: 'detection-results' })).toEqual(['d']);
    expect(idsOf({ camera: 'bridge' })).toEqual(['c']);
    expect(idsOf({ fromMs: startMs + 60_000 })).toEqual(['d', 'e']);
    expect(idsOf({ toMs: startMs + 60_000 })).toEqual(['b', 'a', 'c']);
    expect(idsOf({ fromMs: startMs + 1, toMs: startMs + 60_000 })).toEqual([]);
    expect(idsOf({ places: new Set(['queue']), camera: 'gate' })).toEqual(['b', 'a', 'e']);
  });

  test('a damaged record is told of, one with a single turned bit is mended, the others come', () => {
    turnBits(path, 1, 400, 401);
    turnBits(path, 3, 400);
    expect(exported().filter((one) => 'fault' in one)).toEqual([{ fault: 'queue record 1: its checksum is wrong' }]);
    const found = exported().flatMap((one) => ('line' in one ? JSON.parse(one.line) : []));
    expect(found.map(({ id, mended }) => [id, mended])).toEqual([
      ['b', undefined],
      ['d', undefined],
      ['e', undefined],
      ['c', true],
    ]);
  });

  test('the quarantine: what can be read, and the bytes where that is all', () => {
    const quarantine = new Quarantine(path);
    turnBits(path, 1, 400, 401);
    const damaged = frameIn(path, 1);
    quarantine.add(damaged, 'its checksum is wrong', startMs + 5);
    quarantine.add(frameIn(path, 2), 'its disk was odd', startMs + 6);
    quarantine.add(Buffer.from('junk'), 'its checksum is wrong', startMs + 7);
    appendFileSync(quarantinePath(path), '{"at":"2025-01-01T00:00');
    const found = exported({ places: new Set(['quarantine']) });
    expect(found.at(-1)).toEqual({ fault: `${quarantinePath(path)}:4: expected a line of the quarantine` });
    expect(found.slice(0, -1).map((one) => JSON.parse('line' in one ? one.line : ''))).toEqual([
      {
        ...{ where: 'quarantine', damaged: true, seq: 1, topic: 'risk-assessment-results', key: 'gate', id: 'a' },
        time: '2025-01-01T00:00:00.000Z',
        quarantine: { time: '2025-01-01T00:00:00.005Z', reason: 'its checksum is wrong', bytes: damaged.length },
        frameBase64: damaged.toString('base64'),
      },
      expect.objectContaining({ where: 'quarantine', id: 'b', value: 2, urgency: 'high' }),
      expect.objectContaining({ damaged: true, frameBase64: Buffer.from('junk').toString('base64') }),
    ]);
  });
});
