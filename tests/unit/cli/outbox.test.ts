/** What `roadwatch outbox` says, and with which exit code; what it does is tested in ../uplink/offline. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { momentBefore } from '../../../src/cli/moment.ts';
import { ageText, countText, sizeText } from '../../../src/cli/outbox/words.ts';
import { runCommandLine } from '../../../src/cli/program.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { OutboxWriter, turnBits } from '../../support/outbox-file.ts';
import { pictureRecord, resultRecord } from '../../support/outbox-records.ts';
import { outboxStatus } from '../../support/outbox-status.ts';

const hourMs = 3_600_000;

let folder: string;
let path: string;
let stdout: string;
let stderr: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-outbox-cli-'));
  path = join(folder, 'outbox.db');
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.stdout.removeAllListeners('error');
  rmSync(folder, { recursive: true });
});

/** Runs the command on the file, and forgets what earlier ones have said. */
async function outbox(...args: string[]): Promise<number> {
  stdout = '';
  stderr = '';
  return runCommandLine(['outbox', ...args, ...(args.includes('--file') ? [] : ['--file', path])]);
}

/** Three that wait, the oldest for three hours, and one that was refused. */
function fill(): void {
  const writer = new OutboxWriter(path, new ManualClock(Date.now() - 3 * hourMs));
  writer.commit([resultRecord('a'), resultRecord('b', 100, 'high'), pictureRecord('c', 3000), resultRecord('d', 5000)]);
  writer.commit([], [{ seq: 4, code: 'MSG_SIZE_TOO_LARGE', message: 'too large' }]);
  writer.close();
}

describe('words', () => {
  test.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [2 * 1024 ** 3, '2 GiB'],
    [3 * 1024 ** 5, '3072 TiB'],
  ])('%d bytes', (bytes, words) => expect(sizeText(bytes)).toBe(words));

  test.each([
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3 * hourMs + 12 * 60_000, '3 h 12 min'],
    [52 * hourMs, '2 d 4 h'],
  ])('%d ms', (ageMs, words) => expect(ageText(ageMs)).toBe(words));

  test('counts', () => {
    expect([0, 1, 12_000].map((count) => countText(count, 'message'))).toEqual([
      '0 messages',
      '1 message',
      '12,000 messages',
    ]);
  });

  test('moments: a time, a day, or how long ago', () => {
    const moment = momentBefore(Date.UTC(2025, 5, 30, 12));
    expect(moment('2025-06-30T08:00:00+02:00')).toBe(Date.UTC(2025, 5, 30, 6));
    expect(moment('2025-06-30')).toBe(Date.UTC(2025, 5, 30));
    expect(['30s', '90m', '1.5h', '7d'].map(moment)).toEqual(
      [30_000, 90 * 60_000, 1.5 * hourMs, 168 * hourMs].map((ago) => Date.UTC(2025, 5, 30, 12) - ago),
    );
    for (const text of ['', 'yesterday', '12', '5 h', '2025-13-01', '-3h']) {
      expect(() => moment(text), text).toThrow('Expected a time such as 2025-06-30T08:00:00Z');
    }
  });
});

describe('wrong usage is exit code 2', () => {
  test.each([
    [['status', '--what', 'dead'], /unknown option '--what'/],
    [['replay', '--what', 'queue'], /'queue' is invalid\. Allowed choices are dead, quarantine/],
    [['export', '--topic', 'news'], /'news' is invalid\. Allowed choices are detection-results, /],
    [['export', '--from', 'noon'], /Expected a time such as/],
  ])('%j', async (args, message) => {
    expect(await outbox(...args)).toBe(2);
    expect(stderr).toMatch(message);
  });
});

test('where there is no file, each says so, and where one is looked for', async () => {
  vi.stubEnv('STATE_DIRECTORY', join(folder, 'state'));
  for (const command of ['status', 'check', 'replay', 'export']) {
    expect(await runCommandLine(['outbox', command])).toBe(1);
    expect(stderr).toContain(`roadwatch: no-outbox: outbox ${join(folder, 'state/outbox.db')}: there is no such file`);
    stderr = '';
  }
  expect(existsSync(join(folder, 'state'))).toBe(false);
});

describe('status', () => {
  test('what waits, what was refused, how much may', async () => {
    fill();
    expect(await outbox('status', '--topics')).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `outbox    ${path}: closed`,
      expect.stringMatching(/^waiting {3}3 messages, 3\.\d KiB; the oldest for 3 h 0 min; 1 of high risk$/),
      expect.stringMatching(/^ {10}risk-assessment-results: 2 messages, 360 bytes$/),
      expect.stringMatching(/^ {10}detection-results: 1 message, 3\.\d KiB$/),
      expect.stringMatching(/^refused {3}1 message, 5\.\d KiB$/),
      '          MSG_SIZE_TOO_LARGE: 1 message',
      'damaged   none',
      expect.stringMatching(/^file +\d+ KiB; may hold 2 GiB, for 7 d 0 h; refused ones 64 MiB$/),
      '',
    ]);
  });

  test('as one line of JSON', async () => {
    fill();
    expect(await outbox('status', '--json')).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      file: path,
      state: 'closed',
      records: 3,
      byUrgency: { high: { records: 1, bytes: 180 }, normal: { records: 2 } },
      deadLetters: { records: 1, dropped: 0, byReason: { MSG_SIZE_TOO_LARGE: 1 } },
      quarantine: { records: 0, bytes: 0 },
      evicted: { quota: 0, corrupt: 0 },
      limits: { maxBytes: 2 * 1024 ** 3, maxAgeMs: 168 * hourMs, maxDeadBytes: 64 * 1024 ** 2 },
      fileBytes: statSync(path).size,
    });
    expect(report.oldestAgeMs).toBeGreaterThanOrEqual(3 * hourMs);
    expect(report).not.toHaveProperty('byTopic');
  });

  test('damaged messages that were put aside, and what was given up', async () => {
    fill();
    turnBits(path, 1, 500);
    const writer = new OutboxWriter(path);
    expect(writer.queue).toHaveLength(2);
    writer.close();
    expect(await outbox('status')).toBe(0);
    expect(stdout).toMatch(/^damaged {3}1 message, \d+ bytes in the quarantine file$/m);
    expect(stdout).toMatch(/^given up {2}1 corrupt, since the file was begun$/m);
  });

  describe('while a service has the file', () => {
    let writer: OutboxWriter;
    let server: Server;
    let asked: (string | undefined)[];

    beforeEach(async () => {
      fill();
      writer = new OutboxWriter(path);
      asked = [];
      server = createServer((request, response) => {
        asked.push(request.url, request.headers.authorization);
        const outbox = outboxStatus({ depth: 3, bytes: 3500, oldestAgeMs: 3 * hourMs });
        response.end(JSON.stringify({ code: 0, msg: 'ok', data: { nowMs: 0, outbox } }));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      vi.stubEnv('ALGO_SERVER_PORT', String((server.address() as AddressInfo).port));
      vi.stubEnv('ALGO_AUTH_TOKEN', 'token-0123456789abcdef');
    });
    afterEach(async () => {
      writer.close();
      server.close();
    });

    test('that is said, and what the service says', async () => {
      expect(await outbox('status')).toBe(0);
      expect(stdout).toMatch(
        new RegExp(`^outbox +${path}: in use by process ${process.pid} \\(.+\\), link connected$`, 'm'),
      );
      expect(stdout).toMatch(/^waiting {3}3 messages, 3\.4 KiB; the oldest for 3 h 0 min$/m);
      expect(asked).toEqual(['/api/uplink', 'Bearer token-0123456789abcdef']);
      await outbox('status', '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        state: 'in-use',
        heldBy: { pid: process.pid },
        records: 3,
        service: { status: { depth: 3 } },
      });
      expect(stdout).not.toContain('token-0123');
    });

    test('where it does not answer, that is said, with what can be seen from outside: 3', async () => {
      server.close();
      await once(server, 'close');
      expect(await outbox('status')).toBe(3);
      expect(stdout).toMatch(
        /in use by process .*; no answer from http:\/\/127\.0\.0\.1:\d+\/api\/uplink: .*ECONNREFUSED/,
      );
      expect(stdout).toMatch(/^file +\d/m);
    });

    test('the others do nothing: 1', async () => {
      for (const command of ['check', 'replay', 'export']) {
        expect(await outbox(command)).toBe(1);
        expect(stderr).toContain(`roadwatch: store-busy: outbox ${path}: process ${process.pid} has it`);
        expect(stdout).toBe('');
      }
    });
  });
});

describe('check', () => {
  test('a file as it was written: 0', async () => {
    fill();
    expect(await outbox('check')).toBe(0);
    expect(stdout).toMatch(
      /^ok {4}.*outbox\.db: 3 messages and 1 dead letter read, \d\.\d KiB, as they were written\n$/,
    );
    expect(await outbox('check', '--quick', '--json')).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ok: true, file: path, findings: [], more: 0 });
  });

  test('what is wrong, each with its place: 1', async () => {
    fill();
    turnBits(path, 2, 500);
    expect(await outbox('check')).toBe(1);
    expect(stdout).toBe('FAIL  queue 2: its checksum is wrong: one bit has turned\n');
    expect(stderr).toContain('roadwatch outbox export');
    expect(await outbox('check', '--json')).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      records: 3,
      findings: [{ where: 'queue', seq: 2 }],
      more: 0,
    });
  });

  test('a file that cannot be opened at all is a finding', async () => {
    writeFileSync(path, 'no database, however long one may look at it');
    expect(await outbox('check', '--json')).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, findings: [{ where: 'structure' }] });
  });
});

describe('replay', () => {
  test('says what it would do, does it, and then there is nothing left', async () => {
    fill();
    const does = (what: string) => `${what}: 1 dead letter, 0 messages of the quarantine\n`;
    expect(await outbox('replay', '--dry-run')).toBe(0);
    expect(stdout).toBe(does('would go back into the queue'));
    expect(await outbox('replay', '--reason', 'INVALID_RECORD')).toBe(0);
    expect(await outbox('replay', '--id', 'd', 'x', '--since', '4h')).toBe(0);
    expect(stdout).toBe(does('back in the queue'));
    expect(await outbox('replay', '--json')).toBe(0);
    const none = { deadLetters: 0, damaged: 0, quarantined: 0, beyondMending: 0, evicted: 0 };
    expect(JSON.parse(stdout)).toEqual({ file: path, dryRun: false, ...none });
  });

  test('of what cannot be mended it says so: 3', async () => {
    fill();
    turnBits(path, 4, 500, 501);
    expect(await outbox('replay')).toBe(3);
    expect(stdout.split('\n')).toEqual([
      'back in the queue: 0 dead letters, 0 messages of the quarantine',
      'damaged, into the quarantine: 1 dead letter',
      'left in the quarantine, beyond mending: 1 message',
      '',
    ]);
  });
});

describe('export', () => {
  test('a line for each message on stdout, how many on stderr', async () => {
    fill();
    expect(await outbox('export', '--what', 'queue', '--camera', 'camera-1', '--from', '1d')).toBe(0);
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual(['b', 'a', 'c']);
    expect(stderr).toBe('3 messages\n');
  });

  test('into a new file that is for its user alone; an old one is left as it is', async () => {
    fill();
    const out = join(folder, 'out.jsonl');
    expect(await outbox('export', '--out', out, '--json')).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ file: path, records: 4, broken: 0 });
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toHaveLength(4);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(await outbox('export', '--out', out)).toBe(1);
    expect(stderr).toContain('cannot-write: --out: expected a file that can be made: EEXIST');
  });

  test('what is broken is told of and counted, the rest comes: 3', async () => {
    fill();
    turnBits(path, 1, 500, 501);
    expect(await outbox('export')).toBe(3);
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stderr).toBe('queue record 1: its checksum is wrong\n3 messages; 1 cannot be read\n');
  });
});
