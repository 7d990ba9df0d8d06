/** Models that are not what their manifest says, or that nothing can load: refused in words, before any camera is opened. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeEmptyModel } from '../support/onnx-model.ts';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { runProgram } from './support/program.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-model-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Finding {
  readonly subject: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly code?: string;
  readonly advice?: string;
}

/** What `roadwatch check` says of the model. */
async function checkedModel(detector: object): Promise<Finding> {
  const config = join(folder, 'roadwatch.yaml');
  writeFileSync(config, JSON.stringify({ server: { port: 0 }, detector }));
  const { stdout } = await runProgram('check', '--json', '--config', config);
  const { checks } = JSON.parse(stdout) as { checks: Finding[] };
  return checks.find(({ subject }) => subject === 'model') as Finding;
}

describe('a model', () => {
  it('that is what its manifest says is run', async () => {
    expect(await checkedModel({ manifestPath: writeEmptyModel(folder) })).toMatchObject({
      ok: true,
      detail: expect.stringContaining('empty runs on cpu in fp32 (the model has no int8 variant)'),
    });
  });

  it.each([
    [
      'whose input has another name',
      { input: { name: 'pictures' } },
      /expected a tensor input "images", the graph has: pictures$/,
    ],
    [
      'whose output has another name',
      { output: { name: 'boxes' } },
      /expected a tensor output "output0", the graph has: boxes$/,
    ],
    [
      'that takes pictures of one channel',
      { input: { shape: ['N', 1, 'H', 'W'] } },
      /expected input images to be float32 \[N, 3, H, W\], the graph has float32 \[N, 1, H, W\]$/,
    ],
    [
      'that takes half floats',
      { input: { type: 'float16' } },
      /expected input images to be float32 .*, the graph has float16/,
    ],
    [
      'that takes four pictures at once and no less',
      { input: { shape: [4, 3, 'H', 'W'] } },
      /expected input images to be a batch that is free or 1, the graph has float32 \[4, 3, H, W\]$/,
    ],
    [
      'of one size that its manifest does not give',
      { input: { shape: ['N', 3, 320, 320] } },
      /expected the manifest's input\.size to be that of input images to be given \(it gives none\), the graph has/,
    ],
    [
      'that tells of other classes than the manifest',
      { output: { shape: ['N', 24, 'A'] } },
      /expected output output0 to be float32 \[N, 84, anchors\], the graph has float32 \[N, 24, 1\]$/,
    ],
    [
      'that gives whole numbers',
      { output: { type: 'int64' } },
      /expected output output0 to be float32 .*, the graph has int64/,
    ],
  ] as const)('%s is refused with what was expected and what was found', async (_what, options, detail) => {
    expect(await checkedModel({ manifestPath: writeEmptyModel(folder, options) })).toMatchObject({
      ok: false,
      code: 'model-shape',
      detail: expect.stringMatching(detail),
      advice: expect.stringContaining('correct the manifest'),
    });
  });

  it('that no execution provider can load is refused with the reason of each', async () => {
    const manifestPath = writeEmptyModel(folder);
    const file = join(folder, 'empty.onnx');
    const before = createHash('sha256').update(readFileSync(file)).digest('hex');
    writeFileSync(file, 'this is no model');
    const after = createHash('sha256').update(readFileSync(file)).digest('hex');
    writeFileSync(manifestPath, readFileSync(manifestPath, 'utf8').replace(before, after));
    expect(await checkedModel({ manifestPath })).toMatchObject({
      ok: false,
      code: 'no-provider',
      detail: expect.stringMatching(/^no execution provider could load the model \(cpu: .*empty\.onnx/),
    });
    const service = Appliance.start({ detector: { manifestPath } });
    await expect(service).rejects.toThrow(/ended with 1 before it listened.*no-provider/s);
  });

  it('that has no variant for the providers that are allowed is refused with those that it has', async () => {
    expect(await checkedModel({ manifestPath: writeEmptyModel(folder), providers: ['cuda'] })).toMatchObject({
      ok: false,
      code: 'no-variant',
      detail: expect.stringMatching(/expected a variant for cuda; .*empty\.yaml has fp32 for cpu$/),
    });
  });

  it('whose output turns out to have another shape costs its frames, and is told', async () => {
    const manifestPath = writeEmptyModel(folder, { output: { shape: ['N', 'C', 'A'] }, heightAsRows: true });
    const appliance = await Appliance.start({
      allowFiles: true,
      cameras: [{ id: 'street', url: walkers }],
      analysis: { intervalMs: 100 },
      detector: { manifestPath },
    });
    await vi.waitFor(async () => {
      const answer = await fetch(`${appliance.url}/api/health/health_check`);
      const { data } = (await answer.json()) as { data: { queue: { failedBatches: number } } };
      expect(data.queue.failedBatches).toBeGreaterThan(1);
    }, 10_000);
    expect(appliance.log).toContainEqual(
      expect.objectContaining({
        level: 'error',
        code: 'inference-failed',
        msg: expect.stringContaining("expected the model's output to have 84 rows"),
      }),
    );
    expect((await appliance.stop()).code).toBe(0);
  });
});

describe('the default model', () => {
  it.each(['int8', 'fp32'])(
    'runs in %s where that is configured, and everything that tells of it says why',
    async (precision) => {
      const appliance = await Appliance.start({ detector: { precision, providers: ['cpu'] } });
      const answer = await fetch(`${appliance.url}/api/health/health_check`);
      const { data } = (await answer.json()) as { data: { inference: object } };
      const expected = { model: 'nanodet-g', provider: 'cpu', precision, precisionReason: 'detector.precision' };
      expect(data.inference).toMatchObject(expected);
      expect(appliance.log).toContainEqual(expect.objectContaining(expected));
      await appliance.stop();
    },
  );
});
