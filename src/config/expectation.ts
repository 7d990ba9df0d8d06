import type { z } from 'zod';
import { configSchema } from './schema.ts';

/** Keys and positions from the top of the configuration to a value. */
export type ConfigPath = readonly (string | number)[];

/** A schema node of any kind; its kind is read from `def.type`. */
type Node = z.ZodType;

/** A check of lengths, as zod describes it. */
interface LengthCheck {
  readonly check: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What the value at a path should look like, in words; the range in units of `scale` (1000: ms shown as s). */
export function expectationAt(path: ConfigPath, scale = 1): string {
  const node = nodeAt(path);
  return node === undefined ? 'no such setting' : describeNode(node, scale);
}

/** Whether the value at a path must never be shown. */
export function isSecret(path: ConfigPath): boolean {
  const node = nodeAt(path);
  return node !== undefined && metaOf(node, 'secret') === true;
}

/** The names of the settings directly below a path. */
export function knownKeys(path: ConfigPath): string[] {
  const node = nodeAt(path);
  return node === undefined ? [] : Object.keys(shapeOf(node) ?? {});
}

/** `cameras[3].url` */
export function pathText(path: ConfigPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** The node at a path of any schema; none where the path leads nowhere. */
export function nodeIn(root: Node, path: ConfigPath): Node | undefined {
  return path.reduce<Node | undefined>((node, part) => {
    if (node === undefined) return undefined;
    return typeof part === 'number' ? itemOf(node) : shapeOf(node)?.[part];
  }, root);
}

/** A schema node without the wrappers that give it a default or make it optional. */
export function unwrap(node: Node): Node {
  const inner = innerOf(node);
  return inner === undefined ? node : unwrap(inner);
}

/** The settings of an object node; none for other nodes. */
export function shapeOf(node: Node): Record<string, Node> | undefined {
  const bare = unwrap(node);
  return bare.def.type === 'object' ? (bare as z.ZodObject<Record<string, Node>>).shape : undefined;
}

/** The items' node of a list node, be its length fixed or not; none for other nodes. */
export function itemOf(node: Node): Node | undefined {
  const bare = unwrap(node);
  if (bare.def.type === 'tuple') return (bare as unknown as z.ZodTuple<[Node, ...Node[]]>).def.items[0];
  return bare.def.type === 'array' ? (bare as z.ZodArray<Node>).element : undefined;
}

/** A property of the node's metadata, also where a wrapper stands around the node that has it. */
export function metaOf<K extends keyof z.core.GlobalMeta>(node: Node, key: K): z.core.GlobalMeta[K] | undefined {
  const own = node.meta()?.[key];
  if (own !== undefined) return own;
  const inner = innerOf(node);
  return inner === undefined ? undefined : metaOf(inner, key);
}

/** What a value of this node should look like, in words. */
export function describeNode(node: Node, scale = 1): string {
  const expects = metaOf(node, 'expects');
  if (expects !== undefined) return expects;
  const bare = unwrap(node);
  switch (bare.def.type) {
    case 'number':
      return describeNumber(bare as z.ZodNumber, scale, metaOf(node, 'unit'));
    case 'boolean':
      return 'true or false';
    case 'enum':
      return `one of ${(bare as z.ZodEnum).options.join(', ')}`;
    case 'array':
      return describeList(bare as z.ZodArray<Node>);
    case 'object':
      return `settings by name (${Object.keys(shapeOf(node) ?? {}).join(', ')})`;
    default:
      return `text of ${describeLength(bare)} characters`;
  }
}

function describeNumber(node: z.ZodNumber, scale: number, unit: string | undefined): string {
  const kind = node.isInt && scale === 1 ? 'a whole number' : 'a number';
  const shownUnit = unit === 'ms' && scale === 1000 ? 's' : unit;
  const range = `from ${(node.minValue ?? 0) / scale} to ${(node.maxValue ?? Number.POSITIVE_INFINITY) / scale}`;
  return shownUnit === undefined ? `${kind} ${range}` : `${kind} ${range} ${shownUnit}`;
}

function describeList(node: z.ZodArray<Node>): string {
  const list = `a list of ${describeLength(node)} items`;
  return shapeOf(node.element) === undefined ? `${list}, each ${describeNode(node.element)}` : list;
}

function describeLength(node: Node): string {
  const checks = (node.def.checks ?? []).map((check) => check._zod.def as LengthCheck);
  const least = checks.find((check) => check.check === 'min_length')?.minimum ?? 0;
  const most = checks.find((check) => check.check === 'max_length')?.maximum;
  return most === undefined ? `${least} or more` : `${least} to ${most}`;
}

function nodeAt(path: ConfigPath): Node | undefined {
  return nodeIn(configSchema, path);
}

function innerOf(node: Node): Node | undefined {
  switch (node.def.type) {
    case 'default':
    case 'prefault':
    case 'optional':
    case 'readonly':
      return (node as z.ZodDefault<Node>).def.innerType;
    case 'pipe':
      return (node as unknown as z.ZodPipe<Node, Node>).def.out;
    default:
      return undefined;
  }
}
