import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel, type Model, type ModelVariant } from '../../../src/detect/manifest.ts';
import { chooseCandidates } from '../../../src/detect/model-candidates.ts';
import { chooseVariant } from '../../../src/detect/precision.ts';

const plan = { workers: 1, threadsPerWorker: 1, maxBatch: 1 };
const withVnni = new Set(['avx2', 'avx512_vnni']);
const slow = new Set(['fp', 'asimd']);

let model: Model;
beforeAll(async () => {
  model = await loadModel(fileURLToPath(new URL('../../../models/nanodet-g.yaml', import.meta.url)));
});

function candidates(precision: 'auto' | 'int8' | 'fp32', cpuFeatures: ReadonlySet<string>) {
  return chooseCandidates(model, { providers: ['cuda', 'cpu'], precision, planFor: () => plan, cpuFeatures });
}

describe('the default model', () => {
  it('runs in int8 on a CPU that is fast at it, and says by which instructions', async () => {
    const [gpu, cpu] = await candidates('auto', withVnni);
    expect(cpu).toMatchObject({ provider: 'cpu', precision: 'int8', reason: 'this CPU has avx512_vnni' });
    expect(basename(cpu?.path ?? '')).toBe('nanodet-g-int8.onnx');
    expect(gpu).toMatchObject({ provider: 'cuda', precision: 'fp32' });
    expect(basename(gpu?.path ?? '')).toBe('nanodet-g.onnx');
  });

  it('runs in fp32 on another CPU, and says what that lacks', async () => {
    const [, cpu] = await candidates('auto', slow);
    expect(cpu).toMatchObject({
      provider: 'cpu',
      precision: 'fp32',
      reason: 'this CPU has no instructions for fast int8 (avx512_vnni, avx_vnni, avx2, i8mm, asimddp)',
    });
    expect(basename(cpu?.path ?? '')).toBe('nanodet-g.onnx');
  });

  it.each([
    ['int8', slow],
    ['fp32', withVnni],
  ] as const)('runs in %s on any CPU where the configuration says so', async (precision, features) => {
    const [gpu, cpu] = await candidates(precision, features);
    expect(cpu).toMatchObject({ precision, reason: 'detector.precision' });
    expect(gpu).toMatchObject({ precision: 'fp32' });
  });
});

describe('a model with one variant', () => {
  const variant = (precision: 'int8' | 'fp32'): ModelVariant => ({
    file: 'm.onnx',
    precision,
    sha256: '0'.repeat(64),
    providers: ['cpu'],
  });

  it('runs in that, and says that it has no other', () => {
    const demand = { provider: 'cpu', choice: 'auto' } as const;
    expect(chooseVariant([variant('fp32')], { ...demand, cpuFeatures: withVnni })).toEqual({
      variant: variant('fp32'),
      reason: 'the model has no int8 variant',
    });
    expect(chooseVariant([variant('int8')], { ...demand, cpuFeatures: slow })?.reason).toBe(
      'the model has no fp32 variant',
    );
  });

  it('is refused where the configuration wants the other, in words', async () => {
    const single: Model = { ...model, manifest: { ...model.manifest, variants: [variant('fp32')] } };
    const choosing = chooseCandidates(single, {
      providers: ['tensorrt', 'cpu'],
      precision: 'int8',
      planFor: () => plan,
      cpuFeatures: withVnni,
    });
    await expect(choosing).rejects.toMatchObject({
      code: 'no-variant',
      message: expect.stringMatching(/in int8 \(detector\.precision\); .*nanodet-g\.yaml has fp32 for cpu$/),
    });
  });
});
