import { expect, test } from 'vitest';
import { en } from '../../../web/src/i18n/en.ts';
import { zh } from '../../../web/src/i18n/zh.ts';
import { uplinkWords } from '../../../web/src/uplink/uplink-words.ts';
import { outboxStatus } from '../../support/outbox-status.ts';

test('a link that works is up to date, with what it has under way', () => {
  expect(uplinkWords(outboxStatus({ depth: 200 }), en)).toEqual({
    tone: 'good',
    headline: 'Uplink up to date',
    details: [],
  });
});

test('a backlog that is being sent is told', () => {
  expect(uplinkWords(outboxStatus({ depth: 12_345 }), en)).toMatchObject({
    tone: 'warning',
    headline: 'Uplink: 12,345 messages still to send.',
  });
});

test.each([
  [119_000, '119 s', '119 秒'],
  [600_000, '10 min', '10 分钟'],
  [3 * 3_600_000, '3 h', '3 小时'],
])('a broker that is away: how much waits, and for how long', (oldestAgeMs, english, chinese) => {
  const status = outboxStatus({ depth: 7, oldestAgeMs, link: { state: 'silent', sinceMs: 0 } });
  expect(uplinkWords(status, en)).toMatchObject({
    tone: 'warning',
    headline: `Uplink away: 7 messages wait on disk, the oldest for ${english}.`,
  });
  expect(uplinkWords(status, zh).headline).toBe(`上行中断：7 条消息暂存于磁盘，最早的已等待 ${chinese}。`);
});

test('a disk that does not work comes before all else; what is lost by it is told', () => {
  const status = outboxStatus({
    waiting: { records: 800, bytes: 1 },
    evicted: { ...outboxStatus().evicted, 'disk-full': 3 },
    disk: { state: 'failing', sinceMs: 0, code: 'disk-full', message: 'outbox /x: no room' },
    deadLetters: { records: 2, bytes: 1, byReason: { MSG_SIZE_TOO_LARGE: 2 }, refused: 2, dropped: 0 },
  });
  expect(uplinkWords(status, en)).toEqual({
    tone: 'bad',
    headline: 'Uplink: the disk does not work.',
    details: [
      'outbox /x: no room',
      '800 wait in memory alone.',
      '3 given up, or left without pictures, since the start.',
      '2 refused by the broker are kept: MSG_SIZE_TOO_LARGE (2).',
    ],
  });
});
