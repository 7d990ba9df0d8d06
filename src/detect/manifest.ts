/**
 * A model's manifest: the YAML file beside it that says what the model is, how its input is filled and how its output
 * is read. Read and checked before anything is run.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorMessage, RoadwatchError } from '../errors.ts';

/** Execution providers of onnxruntime, by their configuration names. */
export const providerNames = ['tensorrt', 'cuda', 'cpu'] as const;
export type ProviderName = (typeof providerNames)[number];

/** In which a model's convolutions are computed; its weights may be stored in less. */
export const precisions = ['int8', 'fp32'] as const;
export type Precision = (typeof precisions)[number];

/** How outputs are read; the list grows with the native decoders. */
export const modelFamilies = ['yolov8'] as const;

const variantSchema = z.strictObject({
  /** The model, relative to the manifest. */
  file: z.string().min(1),
  precision: z.enum(precisions),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
  providers: z.array(z.enum(providerNames)).min(1),
});

const manifestSchema = z.strictObject({
  name: z.string().min(1),
  family: z.enum(modelFamilies),
  licence: z.string().min(1),
  variants: z.array(variantSchema).min(1),
  input: z.strictObject({
    name: z.string().min(1),
    layout: z.literal('NCHW'),
    type: z.literal('float32'),
    normalisation: z.literal('rgb-0-1'),
    stridePx: z.int().min(1).max(256),
    size: z.strictObject({ heightPx: z.int().min(1).max(4096), widthPx: z.int().min(1).max(4096) }).exactOptional(),
  }),
  output: z.strictObject({ name: z.string().min(1) }),
  rivals: z.array(z.array(z.string()).min(2)).default([]),
  classes: z.array(z.string().min(1)).min(1).max(10_000),
});

export type ModelManifest = z.output<typeof manifestSchema>;
export type ModelVariant = z.output<typeof variantSchema>;

/** A manifest and where its files are. */
export interface Model {
  readonly manifest: ModelManifest;
  readonly manifestPath: string;
  /** The variant's absolute path. */
  pathOf(variant: ModelVariant): string;
}

/**
 * Reads and checks a manifest. Throws RoadwatchError `model-manifest` that lists every problem with its place.
 */
export async function loadModel(manifestPath: string): Promise<Model> {
  const path = resolve(manifestPath);
  const manifest = parseManifest(path, await readText(path));
  return { manifest, manifestPath: path, pathOf: (variant) => resolve(dirname(path), variant.file) };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new RoadwatchError('model-manifest', `cannot read the model manifest ${path}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

function parseManifest(path: string, text: string): ModelManifest {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new RoadwatchError('model-manifest', `${path} is not valid YAML: ${errorMessage(error)}`, { cause: error });
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`);
    throw new RoadwatchError('model-manifest', `${path} is not a model manifest:\n  ${problems.join('\n  ')}`);
  }
  const unknown = result.data.rivals.flat().filter((name) => !result.data.classes.includes(name));
  if (unknown.length > 0) {
    throw new RoadwatchError('model-manifest', `${path} rivals: not among the classes: ${unknown.join(', ')}`);
  }
  return result.data;
}

/** Checks a variant's file against its sha256. Throws RoadwatchError `model-missing` or `model-hash`. */
export async function verifyModelFile(model: Model, variant: ModelVariant): Promise<void> {
  const path = model.pathOf(variant);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new RoadwatchError('model-missing', `cannot read the model ${path}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
  const found = hash.digest('hex');
  if (found === variant.sha256) return;
  throw new RoadwatchError(
    'model-hash',
    `${path} is not the file its manifest describes: expected sha256 ${variant.sha256}, received ${found}`,
  );
}

/** The ids of classes by name. Throws RoadwatchError `unknown-class` that names what the model does not have. */
export function classIds(manifest: ModelManifest, names: readonly string[]): number[] {
  const unknown = names.filter((name) => !manifest.classes.includes(name));
  if (unknown.length > 0) {
    throw new RoadwatchError(
      'unknown-class',
      `the model ${manifest.name} has no class ${unknown.map((name) => `"${name}"`).join(', ')}; it has: ` +
        manifest.classes.join(', '),
    );
  }
  return names.map((name) => manifest.classes.indexOf(name));
}
