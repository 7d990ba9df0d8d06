import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CameraStore } from '../../../src/camera/store/camera-store.ts';
import { type FileSteps, realFileSteps } from '../../../src/camera/store/replace-file.ts';
import type { StoreContent } from '../../../src/camera/store/store-content.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { type Clock, ManualClock, realClock } from '../../../src/time/clock.ts';
import { FailingFiles, PowerCut } from '../../support/power-cut.ts';

let folder: string;
let path: string;
let troubles: string[];
let words: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-store-'));
  path = join(folder, 'state', 'cameras.json');
  troubles = [];
  words = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function storeOn(steps: FileSteps = realFileSteps, clock: Clock = realClock): CameraStore {
  const onTrouble = (code: string, message: string) => {
    troubles.push(code);
    words.push(message);
  };
  return new CameraStore({ path, clock, steps, onTrouble });
}

function cameras(...ids: string[]): StoreContent['cameras'] {
  return configSchema.parse({ cameras: ids.map((id) => ({ id, url: `rtsp://user:secret@camera.example/${id}` })) })
    .cameras;
}

async function idsOnDisk(): Promise<string[]> {
  const { cameras: found } = await storeOn().open();
  return found.map(({ id }) => id);
}

const keep =
  (...ids: string[]) =>
  (before: StoreContent): StoreContent => ({ ...before, cameras: cameras(...ids) });

describe('what is kept', () => {
  test('is nothing at first, without trouble and without a file', async () => {
    expect(await storeOn().open()).toEqual({ cameras: [], order: [] });
    expect(troubles).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  test('is there again for another process, with its settings and its order', async () => {
    const content: StoreContent = { cameras: cameras('gate', 'yard'), order: ['yard', 'gate'] };
    await storeOn().update(() => content);
    expect(await storeOn().open()).toEqual(content);
  });

  test('can be read by its owner alone, whatever was left there before', async () => {
    await storeOn().update(keep('gate'));
    writeFileSync(`${path}.new`, 'left by a crash');
    chmodSync(`${path}.new`, 0o644);
    await storeOn().update(keep('gate', 'yard'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'state'))).toEqual(['cameras.json']);
  });
});

describe('a power cut while it is written', () => {
  /** Every step of a write, found by one that does not fail. */
  async function steps(): Promise<number> {
    const files = new FailingFiles(Number.POSITIVE_INFINITY);
    await storeOn(files).update(keep('probe'));
    rmSync(join(folder, 'state'), { recursive: true });
    return files.done.length;
  }

  test('leaves the old cameras or the new ones, at each of its steps', async () => {
    const count = await steps();
    expect(count).toBeGreaterThanOrEqual(7);
    const left: string[] = [];
    for (let failAt = 0; failAt < count; failAt += 1) {
      await storeOn().update(keep('old'));
      const files = new FailingFiles(failAt);
      await expect(storeOn(files).update(keep('old', 'new'))).rejects.toThrow(PowerCut);
      left.push(`${files.done.at(-1) ?? 'nothing'}: ${(await idsOnDisk()).join(' ')}`);
      // And it can be written again.
      await storeOn().update(keep('old'));
      expect(await idsOnDisk()).toEqual(['old']);
    }
    expect(left).toEqual([
      'nothing: old',
      'rm: old',
      'open wx: old',
      'write: old',
      'sync: old',
      'rename: old new',
      'open r: old new',
    ]);
    expect(troubles).toEqual([]);
  });

  test('that leaves half a file is no damage to what is kept', async () => {
    await storeOn().update(keep('old'));
    writeFileSync(`${path}.new`, readFileSync(path, 'utf8').slice(0, 40));
    expect(await idsOnDisk()).toEqual(['old']);
    expect(troubles).toEqual([]);
  });
});

describe('a file that is damaged', () => {
  function damage(text: string): void {
    writeFileSync(path, text);
  }
  function aside(): string {
    return readdirSync(join(folder, 'state')).find((name) => name.startsWith('cameras.json.damaged-')) ?? 'none';
  }

  beforeEach(async () => {
    await storeOn().update(keep('gate', 'yard'));
  });

  test.each([
    ['is cut short', (text: string) => text.slice(0, text.length / 2)],
    ['is empty', () => ''],
    ['is full of zeros', (text: string) => '\0'.repeat(text.length)],
    ['is something else', () => '{"format": "shopping", "version": 1, "cameras": []}'],
    ['has no list', () => '{"format": "roadwatch-cameras", "version": 1, "cameras": 7}'],
  ])('%s: is moved aside, told without secrets, and started fresh', async (_name, spoil) => {
    const spoilt = spoil(readFileSync(path, 'utf8'));
    damage(spoilt);
    expect(await idsOnDisk()).toEqual([]);
    expect(troubles).toEqual(['store-damaged']);
    expect(words.join()).not.toContain('secret');
    expect(readFileSync(join(folder, 'state', aside()), 'utf8')).toBe(spoilt);
    await storeOn().update(keep('new'));
    expect(await idsOnDisk()).toEqual(['new']);
  });

  test('in one camera loses that one alone', async () => {
    damage(readFileSync(path, 'utf8').replace('"id": "gate"', '"id": ""'));
    expect(await idsOnDisk()).toEqual(['yard']);
    expect(words[0]).toMatch(/cameras\[0\]\.id does not fit\); 1 cameras are left; it was moved to/);
    expect(await idsOnDisk()).toEqual(['yard']);
    expect(troubles).toEqual(['store-damaged']);
  });

  test('while a service runs costs it nothing', async () => {
    const store = storeOn();
    await store.open();
    damage('rubbish');
    await store.update((content) => ({ ...content, order: ['yard'] }));
    expect(await idsOnDisk()).toEqual(['gate', 'yard']);
    expect(troubles).toEqual(['store-damaged']);
  });

  test('by a newer version is none: it stays as it is, and nothing is written over it', async () => {
    const newer = '{"format": "roadwatch-cameras", "version": 2, "devices": []}';
    damage(newer);
    const store = storeOn();
    expect(await store.open()).toEqual({ cameras: [], order: [] });
    expect(troubles).toEqual(['store-newer']);
    await expect(store.update(keep('new'))).rejects.toMatchObject({ code: 'store-newer' });
    expect(readFileSync(path, 'utf8')).toBe(newer);
  });
});

describe('what cannot be written', () => {
  test('for want of room is told so, and the old cameras stay', async () => {
    await storeOn().update(keep('old'));
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: 'write' });
    const steps: FileSteps = { ...realFileSteps, open: () => Promise.reject(full) };
    const store = storeOn(steps);
    await store.open();
    await expect(store.update(keep('new'))).rejects.toMatchObject({ code: 'disk-full' });
    expect(store.content.cameras.map(({ id }) => id)).toEqual(['old']);
    expect(await idsOnDisk()).toEqual(['old']);
    expect(readdirSync(join(folder, 'state'))).toEqual(['cameras.json']);
  });

  test('because its folder is a file is told so', async () => {
    writeFileSync(join(folder, 'state'), '');
    await expect(storeOn().update(keep('new'))).rejects.toMatchObject({ code: 'store-unwritable' });
  });
});

describe('two who write', () => {
  test('at once lose nothing of each other', async () => {
    const add = (id: string) => (content: StoreContent) => ({
      ...content,
      cameras: [...content.cameras, ...cameras(id)],
    });
    const ids = Array.from({ length: 12 }, (_, index) => `camera-${index}`);
    await Promise.all(ids.map((id) => storeOn().update(add(id))));
    expect((await idsOnDisk()).toSorted()).toEqual(ids.toSorted());
  });

  test('wait for the one that is at it, until it ends', async () => {
    await storeOn().update(keep('old'));
    const holder = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    const stat = readFileSync(`/proc/${holder.pid}/stat`, 'utf8');
    const startMark = `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${stat.split(' ')[21]}`;
    writeFileSync(`${path}.lock`, `${holder.pid}\n${JSON.stringify({ startMark })}\n`);
    const updating = storeOn().update(keep('new'));
    expect(await Promise.race([updating, once(process, 'roadwatch-never'), sleepOf(150)])).toBe('waiting');
    holder.kill('SIGKILL');
    await updating;
    expect(await idsOnDisk()).toEqual(['new']);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  test('do not wait for one that died, though its number is another process’s by now', async () => {
    await storeOn().update(keep('old'));
    execFileSync('true');
    writeFileSync(`${path}.lock`, `${process.pid}\n${JSON.stringify({ startMark: 'another boot/1' })}\n`);
    await storeOn().update(keep('new'));
    expect(await idsOnDisk()).toEqual(['new']);
  });
});

describe('a service that watches', () => {
  async function until(clock: ManualClock, condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 200 && !condition(); turn += 1) {
      clock.advance(1000);
      await sleepOf(5);
    }
  }

  test('takes over what another process has changed, and what it wrote itself is no change', async () => {
    const clock = new ManualClock();
    const store = storeOn(realFileSteps, clock);
    await store.open();
    const seen: string[][] = [];
    store.watch(({ cameras: now }) => seen.push(now.map(({ id }) => id)));
    await storeOn().update(keep('gate'));
    await until(clock, () => seen.length > 0);
    await storeOn().update(keep('gate', 'yard'));
    await until(clock, () => seen.length > 1);
    expect(seen).toEqual([['gate'], ['gate', 'yard']]);
    await store.close();
  });

  test('holds on to what it has when the file cannot be used, says so once, and goes on when it can', async () => {
    await storeOn().update(keep('gate'));
    const clock = new ManualClock();
    const store = storeOn(realFileSteps, clock);
    await store.open();
    const seen: string[][] = [];
    store.watch(({ cameras: now }) => seen.push(now.map(({ id }) => id)));
    const good = readFileSync(path, 'utf8');
    writeFileSync(path, '{ half an edit');
    await until(clock, () => troubles.length > 0);
    for (let turn = 0; turn < 5; turn += 1) {
      clock.advance(2000);
      await sleepOf(5);
    }
    expect(troubles).toEqual(['store-unusable']);
    expect(store.content.cameras.map(({ id }) => id)).toEqual(['gate']);
    writeFileSync(path, good.replaceAll('gate', 'yard'));
    await until(clock, () => seen.length > 0);
    expect(seen).toEqual([['yard']]);
    await store.close();
  });
});

/** Lets real files be read: no test waits for it to have been long enough. */
function sleepOf(ms: number): Promise<'waiting'> {
  return new Promise((resolve) => setTimeout(() => resolve('waiting'), ms));
}
