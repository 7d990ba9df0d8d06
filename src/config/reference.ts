/** Makes docs/configuration.md from the schema, so that the two cannot differ. */
import { z } from 'zod';
import { environmentVariables } from './env.ts';
import { describeNode, itemOf, metaOf, pathText, shapeOf } from './expectation.ts';
import { configSchema } from './schema.ts';

interface Section {
  /** `source.backoff`, `cameras[]`; empty for the top level. */
  readonly path: string;
  readonly description: string;
  /** Name, value, default, description: one line of the table each. */
  readonly rows: readonly (readonly string[])[];
}

const head = `# Configuration

One configuration, from four places; the later over the earlier:

1. a YAML file: \`--config FILE\`, else \`config/roadwatch.yaml\` where it exists;
2. \`.env\` in the working directory;
3. environment variables; an empty one counts as not set;
4. flags of the command line.

An unknown name and a value that does not fit are errors that say where they stand and what was expected; all are
listed at once. \`roadwatch check\` proves a configuration without starting the service, \`roadwatch config\` shows the
one that results. \`config/roadwatch.example.yaml\` and \`.env.example\` are starting points.

This page is made from the schema (\`roadwatch config --docs\`).
`;

/** The reference of all settings, as Markdown. */
export function configurationReference(): string {
  const settings = sectionsOf('', 'Settings that stand on their own.', configSchema).filter(
    ({ rows }) => rows.length > 0,
  );
  return [head, ...settings.map(sectionText), environmentText()].join('\n');
}

function sectionsOf(path: string, description: string, node: z.ZodType): Section[] {
  const rows: string[][] = [];
  const nested: Section[] = [];
  for (const [name, child] of Object.entries(shapeOf(node) ?? {})) {
    const childPath = path === '' ? name : `${path}.${name}`;
    const childDescription = metaOf(child, 'description') ?? '';
    const item = itemOf(child);
    if (shapeOf(child) !== undefined) {
      nested.push(...sectionsOf(childPath, childDescription, child));
      continue;
    }
    rows.push([`\`${name}\``, describeNode(child), defaultText(child), childDescription]);
    if (item !== undefined && shapeOf(item) !== undefined) {
      nested.push(...sectionsOf(`${childPath}[]`, `Each of \`${childPath}\`.`, item));
    }
  }
  return [{ path, description, rows }, ...nested];
}

function defaultText(node: z.ZodType): string {
  const inWords = metaOf(node, 'defaultText');
  if (inWords !== undefined) return inWords;
  if (node instanceof z.ZodExactOptional) return 'none';
  const missing = node.safeParse(undefined);
  return !missing.success ? 'required' : `\`${JSON.stringify(missing.data)}\``;
}

function sectionText({ path, description, rows }: Section): string {
  return [
    `## ${path === '' ? 'Top level' : `\`${path}\``}`,
    '',
    description,
    '',
    table(['setting', 'value', 'default', 'meaning'], rows),
    '',
  ].join('\n');
}

function environmentText(): string {
  const units = { text: '', number: '', boolean: '`true` or `false`', seconds: 'seconds', list: 'separated by commas' };
  const rows = Object.entries(environmentVariables).map(([name, { path, kind }]) => [
    `\`${name}\``,
    `\`${pathText(path)}\``,
    units[kind],
  ]);
  return [
    '## Environment variables',
    '',
    'Other names that begin with `ALGO_` are errors.',
    '',
    table(['variable', 'setting', 'written as'], rows),
    '',
  ].join('\n');
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)].join('\n');
}
