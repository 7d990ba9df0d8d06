import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SpentFile } from '../../../../src/assess/pool/spent-file.ts';
import { ManualClock } from '../../../../src/time/clock.ts';

let folder: string;
let path: string;
let told: string[];
let clock: ManualClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-spent-'));
  path = join(folder, 'state', 'tokens.json');
  told = [];
  clock = new ManualClock();
});
afterEach(() => rmSync(folder, { recursive: true }));

const spentFile = () => new SpentFile({ path, clock, onTrouble: (code, message) => told.push(`${code}: ${message}`) });

it('knows nothing before the first end of a pool, and then what that had spent', async () => {
  const first = spentFile();
  expect(await first.read()).toBeUndefined();
  first.follow(() => ({ day: 20_089, tokens: 7500 }));
  await first.close();
  await first.close();
  expect(await spentFile().read()).toEqual({ day: 20_089, tokens: 7500 });
  expect(readdirSync(join(folder, 'state'))).toEqual(['tokens.json']);
  expect(told).toEqual([]);
});

it('writes what has changed every five seconds, for those who end without a word', async () => {
  let tokens = 1000;
  const file = spentFile();
  file.follow(() => ({ day: 20_089, tokens }));
  const afterSeconds = async (seconds: number) => {
    clock.advance(seconds * 1000);
    await expect.poll(() => clock.untilNextMs()).toBeDefined();
  };
  await afterSeconds(4.9);
  expect(await spentFile().read()).toBeUndefined();
  await afterSeconds(0.1);
  expect(await spentFile().read()).toEqual({ day: 20_089, tokens: 1000 });
  tokens = 2500;
  await afterSeconds(5);
  expect(await spentFile().read()).toEqual({ day: 20_089, tokens: 2500 });
  await file.close();
  expect(clock.untilNextMs()).toBeUndefined();
});

it.each(['', '{"day":20089', '{"day":20089,"tokens":"many"}', '{"day":20089,"tokens":-1}'])(
  'tells of a file that holds something else, and begins anew: %s',
  async (content) => {
    mkdirSync(join(folder, 'state'));
    writeFileSync(path, content);
    const file = spentFile();
    expect(await file.read()).toBeUndefined();
    expect(told).toEqual([
      `tokens-unread: ${path} does not tell what was spent today: expected {"day":…,"tokens":…}, received something else`,
    ]);
    file.follow(() => ({ day: 20_089, tokens: 10 }));
    await file.close();
    expect(readFileSync(path, 'utf8')).toBe('{"day":20089,"tokens":10}\n');
  },
);

it('tells of a place that cannot be written, and tries it again', async () => {
  writeFileSync(join(folder, 'state'), 'a file where the folder should be');
  const file = spentFile();
  file.follow(() => ({ day: 20_089, tokens: 10 }));
  clock.advance(5000);
  await expect.poll(() => told).toEqual([expect.stringMatching(/^tokens-unwritten: .*EEXIST|ENOTDIR/)]);
  rmSync(join(folder, 'state'));
  await expect.poll(() => clock.untilNextMs()).toBe(5000);
  clock.advance(5000);
  await file.close();
  expect(await spentFile().read()).toEqual({ day: 20_089, tokens: 10 });
});
