import { readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { errorMessage } from '../errors.ts';
import type { ConfigProblem } from './config-error.ts';
import type { ConfigPath } from './expectation.ts';

/** A configuration file says what cameras there are; one that is larger than this is some other file. */
const maxFileBytes = 1_048_576;

/** Nodes that aliases may stand for: enough to share settings, too few to fill the memory. */
const maxAliases = 100;

/** A YAML file as plain values, and where in it each of them stands. */
export interface YamlFile {
  /** What the file holds; an empty file is an empty object. */
  readonly tree: unknown;
  readonly problems: readonly ConfigProblem[];
  /** `config/roadwatch.yaml:12`: the line of the value at a path, or of what should hold it. */
  placeOf(path: ConfigPath): string;
}

/** Reads a YAML file; whatever is wrong with it is among the problems. */
export function readYamlFile(file: string, cwd: string): YamlFile {
  const shownFile = shownPath(file, cwd);
  try {
    const bytes = readFileSync(file);
    if (bytes.length > maxFileBytes) {
      return unreadable(shownFile, `expected at most ${maxFileBytes} bytes, received ${bytes.length}`);
    }
    return parseYaml(new TextDecoder('utf-8', { fatal: true }).decode(bytes), shownFile);
  } catch (error) {
    return unreadable(shownFile, `cannot be read: ${errorMessage(error)}`);
  }
}

/** The same for YAML that is at hand; `shownFile` is what problems call it. */
export function parseYaml(source: string, shownFile: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineAt = (offset: number) => `${shownFile}:${Math.max(1, lines.linePos(offset).line)}`;
  const problems = [...document.errors, ...document.warnings].map((fault) => ({
    place: lineAt(fault.pos[0]),
    key: '',
    message: fault.message,
  }));
  if (problems.length > 0) return { tree: {}, problems, placeOf: () => shownFile };
  try {
    const tree: unknown = document.toJS({ maxAliasCount: maxAliases });
    return { tree: tree ?? {}, problems, placeOf: (path) => lineAt(offsetOf(document, path)) };
  } catch (error) {
    return unreadable(shownFile, `aliases cannot be resolved: ${errorMessage(error)}`);
  }
}

function unreadable(place: string, message: string): YamlFile {
  return { tree: {}, problems: [{ place, key: '', message }], placeOf: () => place };
}

function shownPath(file: string, cwd: string): string {
  const fromCwd = relative(cwd, file);
  return fromCwd.startsWith('..') || isAbsolute(fromCwd) ? file : fromCwd;
}

/** Where the deepest part of the path that the document has begins: its key, where it has one. */
function offsetOf(document: Document.Parsed, path: ConfigPath): number {
  let offset = document.contents?.range?.[0] ?? 0;
  for (let length = 1; length <= path.length; length += 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const found = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === name)?.key
      : document.getIn(path.slice(0, length), true);
    if (!isNode(found) || found.range == null) break;
    offset = found.range[0];
  }
  return offset;
}
