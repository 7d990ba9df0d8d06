/** What hangs does not keep the service: neither a run of the model that never comes back nor a start that never ends. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeEmptyModel } from '../support/onnx-model.ts';
import { Appliance, mainFile, repositoryRoot } from './support/appliance.ts';
import { Viewer } from './support/viewer.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
/** The promise of a stop. */
const stopLimitMs = 5000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-stuck-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a run of the model that never comes back', () => {
  let appliance: Appliance;
  beforeEach(async () => {
    appliance = await Appliance.start({
      allowFiles: true,
      cameras: [
        { id: 'first', url: walkers },
        { id: 'second', url: walkers },
      ],
      detector: { manifestPath: writeEmptyModel(folder, { endless: true }), workers: 1, maxBatch: 1 },
    });
    await vi.waitFor(async () => {
      const answer = await fetch(`${appliance.url}/api/health/health_check`);
      const { data } = (await answer.json()) as { data: { queue: { framesWaiting: number } } };
      // One frame is in the run; the other camera's waits.
      expect(data.queue.framesWaiting).toBe(1);
    }, stopLimitMs);
  });
  afterEach(() => appliance.stop());

  it('does not keep the service from ending in five seconds; that it ended by force is said', async () => {
    const { code, tookMs } = await appliance.stop();
    expect(tookMs).toBeLessThan(stopLimitMs);
    expect(code).toBe(1);
    expect(appliance.log.at(-1)).toMatchObject({
      level: 'error',
      left: ['engine'],
      msg: 'did not end in time: engine; ending by force',
    });
  });

  it('does not keep it at all when it is told twice', async () => {
    const viewer = await Viewer.connect(appliance.url);
    const exit = once(appliance.process, 'exit');
    appliance.process.kill('SIGTERM');
    // It has begun to close.
    await once(viewer.socket, 'close');
    appliance.process.kill('SIGTERM');
    expect(await exit).toEqual([130, null]);
    expect(appliance.log.map(({ msg }) => msg).join('\n')).not.toContain('engine did not close');
  });
});

it('a start that hangs is ended by the first signal', async () => {
  const manifestPath = join(folder, 'manifest.yaml');
  execFileSync('mkfifo', [manifestPath]);
  const config = join(folder, 'roadwatch.yaml');
  writeFileSync(config, JSON.stringify({ server: { port: 0 }, detector: { manifestPath } }));
  const child = spawn(process.execPath, [mainFile, 'run', '--config', config], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  const exit = once(child, 'close');
  // Opens when the service does; what it then waits for never comes.
  const writer = await open(manifestPath, 'w');
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  expect(said).toContain('told to stop while still starting');
  await writer.close();
});
