import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { classIds, loadModel, verifyModelFile } from '../../../src/detect/manifest.ts';

const shipped = fileURLToPath(new URL('../../../models/nanodet-g.yaml', import.meta.url));

describe('the default model', () => {
  it('has the 80 classes of COCO and both precisions, with the files that were described', async () => {
    const model = await loadModel(shipped);
    expect(model.manifest.classes).toHaveLength(80);
    expect(model.manifest.classes[0]).toBe('person');
    expect(model.manifest.classes[79]).toBe('toothbrush');
    expect(model.manifest.variants.map((variant) => variant.precision)).toEqual(['int8', 'fp32']);
    for (const variant of model.manifest.variants) await verifyModelFile(model, variant);
  });

  it('maps class names to ids and names those it does not have', async () => {
    const { manifest } = await loadModel(shipped);
    expect(
      classIds(manifest, ['person', 'bicycle', 'car', 'motorcycle', 'bus', 'truck', 'traffic light', 'stop sign']),
    ).toEqual([0, 1, 2, 3, 5, 7, 9, 11]);
    expect(() => classIds(manifest, ['person', 'tram'])).toThrow(/no class "tram"/);
  });
});

describe('a manifest', () => {
  let folder: string;
  let text: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roadwatch-manifest-'));
    text = await readFile(shipped, 'utf8');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function load(content: string) {
    const path = join(folder, 'model.yaml');
    await writeFile(path, content);
    return loadModel(path);
  }

  it('that is missing is named', async () => {
    await expect(loadModel(join(folder, 'none.yaml'))).rejects.toMatchObject({
      code: 'model-manifest',
      message: expect.stringContaining('none.yaml'),
    });
  });

  it('that is no YAML is refused', async () => {
    await expect(load('a: [')).rejects.toMatchObject({ code: 'model-manifest' });
  });

  it('of an unknown family is refused with the field and what was expected', async () => {
    await expect(load(text.replace('family: yolov8', 'family: yolov99'))).rejects.toMatchObject({
      code: 'model-manifest',
      message: expect.stringMatching(/family: .*yolov8/),
    });
  });

  it('with a key that is not known is refused', async () => {
    await expect(load(`${text}\nanchors: 3\n`)).rejects.toMatchObject({ message: expect.stringContaining('anchors') });
  });

  it('whose rivals are not among its classes is refused', async () => {
    await expect(load(text.replace('[bicycle, motorcycle]', '[bicycle, tram]'))).rejects.toMatchObject({
      message: expect.stringContaining('tram'),
    });
  });

  it('whose file is another one is refused with both hashes', async () => {
    await writeFile(join(folder, 'nanodet-g-int8.onnx'), 'something else');
    const model = await load(text);
    const found = createHash('sha256').update('something else').digest('hex');
    await expect(verifyModelFile(model, model.manifest.variants[0] as never)).rejects.toMatchObject({
      code: 'model-hash',
      message: expect.stringMatching(new RegExp(`d7562ddc.*${found}`)),
    });
  });

  it('whose file is missing is refused with its path', async () => {
    const model = await load(text);
    await expect(verifyModelFile(model, model.manifest.variants[0] as never)).rejects.toMatchObject({
      code: 'model-missing',
      message: expect.stringContaining('nanodet-g-int8.onnx'),
    });
  });
});
