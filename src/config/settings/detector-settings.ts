import { z } from 'zod';
import { installedPath } from '../installation.ts';
import { fraction, milliseconds, pixels, text } from './values.ts';

/** The classes that are reported when nothing else is asked for. */
export const defaultClasses = [
  'person',
  'bicycle',
  'car',
  'motorcycle',
  'bus',
  'truck',
  'traffic light',
  'stop sign',
] as const;

/** The model's input: its long side, or both sides. */
const inputSize = z
  .union([
    z.int().min(32).max(4096).multipleOf(32),
    z
      .string()
      .regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/)
      .transform((size) => {
        const [heightPx = 0, widthPx = 0] = size.split('x').map(Number);
        return { heightPx, widthPx };
      })
      .refine(({ heightPx, widthPx }) => isInputSide(heightPx) && isInputSide(widthPx)),
  ])
  .meta({ expects: 'a long side such as 640, or HEIGHTxWIDTH such as 384x640, in multiples of 32 px up to 4096' });

function isInputSide(lengthPx: number): boolean {
  return lengthPx >= 32 && lengthPx <= 4096 && lengthPx % 32 === 0;
}

export const detector = z.strictObject({
  manifestPath: text()
    .meta({ defaultText: 'models/nanodet-g.yaml of the installation' })
    .default(installedPath('models', 'nanodet-g.yaml'))
    .describe("The model's manifest; relative to the working directory."),
  providers: z
    .array(z.enum(['tensorrt', 'cuda', 'cpu']))
    .min(1)
    .max(3)
    .default(['tensorrt', 'cuda', 'cpu'])
    .describe('Execution providers, in the order in which they are tried; the first that loads is used.'),
  precision: z
    .enum(['auto', 'int8', 'fp32'])
    .default('auto')
    .describe(
      'Which variant of the model a CPU runs: int8 where it has the instructions that make it fast, else fp32; or one of them. GPUs run fp32.',
    ),
  workers: z
    .int()
    .min(1)
    .max(16)
    .exactOptional()
    .describe('Threads that each hold the model. Unless given: on a CPU the number of cores, on a GPU 1.'),
  threadsPerWorker: z
    .int()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('Threads that compute one run of the model. Unless given: 1.'),
  maxBatch: z
    .int()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('Most frames, of all cameras, in one run of the model. Unless given: on a CPU 1, on a GPU 8.'),
  batchDeadlineMs: milliseconds(0, 1000).default(0).describe('How long a frame may wait for others to fill its batch.'),
  inputSize: inputSize
    .default(640)
    .describe("Size of the model's input: a long side that follows each camera's shape, or both sides, fixed."),
});

export const detection = z.strictObject({
  confidence: fraction().default(0.35).describe('Objects with a greater score are kept.'),
  iou: fraction().default(0.5).describe('Two boxes of one class that overlap more than this are one object.'),
  maxObjects: z.int().min(1).max(1000).default(200).describe('Most objects of one frame; the best stay.'),
  classes: z
    .array(text(100))
    .min(1)
    .max(1000)
    .default([...defaultClasses])
    .describe("Names of the model's classes that are reported."),
});

export const grouping = z.strictObject({
  distancePx: z
    .number()
    .min(0)
    .max(100_000)
    .meta({ unit: 'px' })
    .default(150)
    .describe('Largest distance between the centres of two objects that are grouped.'),
  minMembers: z.int().min(1).max(1000).default(2).describe('Fewest objects of a group.'),
  cropMarginPx: pixels(0, 10_000).default(12).describe("What a group's picture shows around it."),
});
