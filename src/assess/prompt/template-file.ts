import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { errorMessage, RoadwatchError } from '../../errors.ts';

/** A prompt as it stands in its file; `{{name}}` are places that are filled in. */
export interface PromptTemplate {
  /** Where it came from, for messages. */
  readonly file: string;
  readonly version: string;
  readonly language: string;
  /** The same in every request, so that providers can cache it. */
  readonly system: string;
  readonly request: string;
  readonly repair: string;
}

const maxFileLength = 65_536;

/** Places of each part; those with `true` must be there. */
const places: Readonly<Record<'system' | 'request' | 'repair', Readonly<Record<string, boolean>>>> = {
  system: { levels: false, riskTypes: true, schema: true },
  request: { groups: true },
  repair: { fault: false },
};

/**
 * Reads a template: a head between two lines `---` (`version`, `language`), the constant part, and behind the lines
 * `=== request ===` and `=== repair ===` what is asked each time and after an answer that cannot be used. Throws
 * `bad-prompt` where something is missing.
 */
export function readPromptTemplate(file: string): PromptTemplate {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw bad(file, `cannot be read: ${errorMessage(error)}`, error);
  }
  return parsePromptTemplate(text, file);
}

/** The same, of a text that was read already; `file` is for messages. */
export function parsePromptTemplate(text: string, file: string): PromptTemplate {
  if (text.length > maxFileLength) throw bad(file, `expected at most ${maxFileLength} characters`);
  const parts = /^---\n(.*?)\n---\n(.*?)\n=== request ===\n(.*?)\n=== repair ===\n(.*)$/s.exec(
    text.replaceAll('\r\n', '\n'),
  );
  const [, head, system, request, repair] = parts?.map((part) => part.trim()) ?? [];
  if (head === undefined || system === undefined || request === undefined || repair === undefined) {
    throw bad(
      file,
      'expected a head between two lines "---", then parts behind "=== request ===" and "=== repair ==="',
    );
  }
  const template = { file, ...readHead(head, file), system, request, repair };
  checkPlaces(template);
  if (!/json/i.test(system + request))
    throw bad(file, 'expected the word JSON: without it, providers refuse to answer in JSON');
  return template;
}

/** A text with its places filled in, in one pass: what is filled in is not looked at again. */
export function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (place, name: string) => values[name] ?? place);
}

function readHead(head: string, file: string): Pick<PromptTemplate, 'version' | 'language'> {
  let values: unknown;
  try {
    values = parse(head);
  } catch (error) {
    throw bad(file, `its head is no YAML: ${errorMessage(error)}`, error);
  }
  const { version, language } = (values ?? {}) as { version?: unknown; language?: unknown };
  if (version === undefined || language === undefined) throw bad(file, 'expected version and language in its head');
  return { version: String(version), language: String(language) };
}

function checkPlaces(template: PromptTemplate): void {
  for (const part of ['system', 'request', 'repair'] as const) {
    const found = new Set([...template[part].matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name));
    for (const name of found) {
      if (!Object.hasOwn(places[part], name)) {
        throw bad(template.file, `no place {{${name}}} in its ${part} part; there ${known(part)}`);
      }
    }
    for (const [name, isNeeded] of Object.entries(places[part])) {
      if (isNeeded && !found.has(name)) throw bad(template.file, `expected {{${name}}} in its ${part} part`);
    }
  }
}

function known(part: keyof typeof places): string {
  return `may be ${Object.keys(places[part])
    .map((name) => `{{${name}}}`)
    .join(', ')}`;
}

function bad(file: string, message: string, cause?: unknown): RoadwatchError {
  return new RoadwatchError('bad-prompt', `prompt ${file}: ${message}`, { cause });
}
