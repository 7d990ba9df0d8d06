/**
 * Writes small ONNX files, in protobuf's wire format, field by field as onnx.proto numbers them: models that do what a test
 * needs and no network does, such as never coming back.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

const shippedManifest = fileURLToPath(new URL('../../models/nanodet-g.yaml', import.meta.url));

/** Element types of tensors. */
const elementTypes = { float32: 1, int64: 7, bool: 9, float16: 10 } as const;
type ElementType = keyof typeof elementTypes;

/** A number is a fixed dimension, a name a free one. */
type Shape = readonly (number | string)[];

export interface TensorDescription {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
}

/** What stands at the two ends of a model that finds nothing, unless a test wants something else. */
export interface EmptyModelOptions {
  readonly input?: Partial<TensorDescription>;
  readonly output?: Partial<TensorDescription>;
  /** It gives as many rows as its pictures are high: more than the classes want, which only a run shows. */
  readonly heightAsRows?: boolean;
  /** Its runs never come back. */
  readonly endless?: boolean;
}

const classes = 80;
const rows = 4 + classes;

/**
 * Writes a model that finds nothing in any picture, with the manifest of the default model beside it; gives the
 * manifest's path.
 */
export function writeEmptyModel(folder: string, options: EmptyModelOptions = {}): string {
  const input = { name: 'images', type: 'float32', shape: ['N', 3, 'H', 'W'], ...options.input } as const;
  const output = { name: 'output0', type: 'float32', shape: ['N', rows, 1], ...options.output } as const;
  const bytes = model(input, output, options);
  writeFileSync(join(folder, 'empty.onnx'), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const variants = [{ file: 'empty.onnx', precision: 'fp32', sha256, providers: ['cpu'] }];
  const path = join(folder, 'empty.yaml');
  writeFileSync(path, stringify({ ...parse(readFileSync(shippedManifest, 'utf8')), name: 'empty', variants }));
  return path;
}

/** The dimmest sample of each picture less itself, spread over the output; through a loop without end, where wanted. */
function model(input: TensorDescription, output: TensorDescription, options: EmptyModelOptions): Buffer {
  const float = elementTypes.float32;
  const outputRows = output.shape[1];
  const nodes = [
    node('Cast', [input.name], ['floats'], [attribute('to', float)]),
    node('ReduceMin', ['floats'], ['dimmest'], [integers('axes', [1, 2, 3]), attribute('keepdims', 0)]),
    node('Sub', ['dimmest', 'dimmest'], ['zero']),
    node('Reshape', ['zero', 'column'], ['zeros']),
    node('Shape', ['floats'], ['sides']),
    node('Slice', ['sides', 'from', 'to'], ['height']),
    node('Concat', ['single', options.heightAsRows ? 'height' : 'rows', 'single'], ['table'], [attribute('axis', 0)]),
    node('Expand', ['zeros', 'table'], ['found']),
    options.endless
      ? node('Loop', ['forever', 'true', 'found'], ['looped'], [graphAttribute('body', loopBody())])
      : node('Identity', ['found'], ['looped']),
    node('Cast', ['looped'], [output.name], [attribute('to', elementTypes[output.type])]),
  ];
  const constants = [
    int64s('column', [-1, 1, 1]),
    int64s('from', [2]),
    int64s('to', [3]),
    int64s('single', [1]),
    int64s('rows', [typeof outputRows === 'number' ? outputRows : rows]),
    int64s('forever', [Number.MAX_SAFE_INTEGER], []),
    tensor('true', elementTypes.bool, [], Buffer.from([1])),
  ];
  const graph = Buffer.concat([
    ...nodes.map((one) => message(1, one)),
    text(2, 'empty'),
    ...constants.map((one) => message(5, one)),
    message(11, valueInfo(input)),
    message(12, valueInfo(output)),
  ]);
  const opset = Buffer.concat([text(1, ''), integer(2, 13)]);
  return Buffer.concat([integer(1, 8), message(7, graph), message(8, opset)]);
}

/** Gives back what it got, and asks for the next round. */
function loopBody(): Buffer {
  const scalar = (name: string, type: ElementType) => valueInfo({ name, type, shape: [] });
  const carried = (name: string) => valueInfo({ name, type: 'float32', shape: ['a', 'b', 'c'] });
  return Buffer.concat([
    message(1, node('Identity', ['go on'], ['and on'])),
    message(1, node('Identity', ['kept'], ['keeps'])),
    text(2, 'round'),
    message(11, scalar('round number', 'int64')),
    message(11, scalar('go on', 'bool')),
    message(11, carried('kept')),
    message(12, scalar('and on', 'bool')),
    message(12, carried('keeps')),
  ]);
}

function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Buffer[] = [],
): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...attributes.map((one) => message(5, one)),
  ]);
}

function attribute(name: string, value: number): Buffer {
  return Buffer.concat([text(1, name), integer(3, value), integer(20, 2)]);
}

function integers(name: string, values: readonly number[]): Buffer {
  return Buffer.concat([text(1, name), ...values.map((value) => integer(8, value)), integer(20, 7)]);
}

function graphAttribute(name: string, graph: Buffer): Buffer {
  return Buffer.concat([text(1, name), message(6, graph), integer(20, 5)]);
}

/** A list, unless `dims` say otherwise. */
function int64s(name: string, values: readonly number[], dims: readonly number[] = [values.length]): Buffer {
  const raw = Buffer.alloc(8 * values.length);
  values.forEach((value, index) => void raw.writeBigInt64LE(BigInt(value), 8 * index));
  return tensor(name, elementTypes.int64, dims, raw);
}

function tensor(name: string, type: number, dims: readonly number[], raw: Buffer): Buffer {
  return Buffer.concat([...dims.map((dim) => integer(1, dim)), integer(2, type), text(8, name), message(9, raw)]);
}

function valueInfo({ name, type, shape }: TensorDescription): Buffer {
  const dims = shape.map((dim) => message(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim)));
  const tensorType = Buffer.concat([integer(1, elementTypes[type]), message(2, Buffer.concat(dims))]);
  return Buffer.concat([text(1, name), message(2, message(1, tensorType))]);
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value));
}

function message(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(BigInt(field << 3)), varint(BigInt(value))]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}
