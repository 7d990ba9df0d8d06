import { expect, test } from 'vitest';
import { createLog, RepeatedLines } from '../../../src/log.ts';
import { ManualClock } from '../../../src/time/clock.ts';

/** A log and the lines that it has written. */
function collectingLog() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

test('credentials are in no line: neither in fields, nor in messages, nor in errors', () => {
  const { log, lines } = collectingLog();
  log.info({ url: 'rtsp://user:secret@host/live' }, 'connecting to rtsp://user:secret@host/live');
  log.error({ err: new Error('no answer from rtsp://user:secret@host/live') }, 'failed');
  log.info({ authToken: 'secret', server: { authToken: 'secret' }, config: { llm: { apiKey: 'secret' } } }, 'started');
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain('secret');
  expect(lines[0]).toMatchObject({ level: 'info', url: 'rtsp://***@host/live' });
});

test('lines below the level are not written', () => {
  const { log, lines } = collectingLog();
  log.debug('detail');
  expect(lines).toEqual([]);
});

test('of repeats one a window is written, with how many were left out', () => {
  const { log, lines } = collectingLog();
  const clock = new ManualClock();
  const repeated = new RepeatedLines(log, { windowMs: 1000, clock });
  for (let n = 0; n < 5; n += 1) repeated.write('warn', 'cam 1 late', { cameraId: '1' }, 'frame late');
  repeated.write('warn', 'cam 2 late', { cameraId: '2' }, 'frame late');
  expect(lines.map((line) => line.cameraId)).toEqual(['1', '2']);
  clock.advance(1000);
  repeated.write('warn', 'cam 1 late', { cameraId: '1' }, 'frame late');
  expect(lines.at(-1)).toMatchObject({ cameraId: '1', suppressed: 4 });
});
