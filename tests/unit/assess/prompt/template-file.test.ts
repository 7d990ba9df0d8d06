import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filledIn, parsePromptTemplate, readPromptTemplate } from '../../../../src/assess/prompt/template-file.ts';
import { installedPath } from '../../../../src/config/installation.ts';

interface Parts {
  readonly head?: string;
  readonly system?: string;
  readonly request?: string;
  readonly repair?: string;
}

function textOf({
  head = 'version: 3\nlanguage: en',
  system = 'Answer in JSON. {{riskTypes}} {{levels}} {{schema}}',
  request = 'Data: {{groups}}',
  repair = 'Once more: {{fault}}',
}: Parts = {}): string {
  return `---\n${head}\n---\n${system}\n\n=== request ===\n${request}\n\n=== repair ===\n${repair}\n`;
}

const parse = (parts?: Parts) => parsePromptTemplate(textOf(parts), 'own.md');

describe('a template', () => {
  test('has a head and three parts', () => {
    expect(parse()).toEqual({
      file: 'own.md',
      version: '3',
      language: 'en',
      system: 'Answer in JSON. {{riskTypes}} {{levels}} {{schema}}',
      request: 'Data: {{groups}}',
      repair: 'Once more: {{fault}}',
    });
  });

  test('may have the line ends of another system', () => {
    expect(parsePromptTemplate(textOf().replaceAll('\n', '\r\n'), 'own.md')).toEqual(parse());
  });

  test('is read from a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'roadwatch-prompt-')), 'own.md');
    writeFileSync(file, textOf());
    expect(readPromptTemplate(file)).toEqual({ ...parse(), file });
  });
});

describe('refused, naming the file, is', () => {
  test.each([
    ['a text without parts', () => parsePromptTemplate('Answer in JSON', 'own.md'), /=== request ===/],
    ['one without version', () => parse({ head: 'language: en' }), /version and language/],
    ['one whose head is no YAML', () => parse({ head: 'version: [1' }), /no YAML/],
    [
      'one that leaves out the groups',
      () => parse({ request: 'Look.' }),
      /expected \{\{groups\}\} in its request part/,
    ],
    ['one that leaves out the risk types', () => parse({ system: 'JSON {{schema}}' }), /\{\{riskTypes\}\}/],
    [
      'one with a place that nobody fills',
      () => parse({ request: '{{groups}} {{camera}}' }),
      /no place \{\{camera\}\}/,
    ],
    [
      'one whose constant part would change with each request',
      () => parse({ system: 'JSON {{riskTypes}} {{schema}} {{groups}}' }),
      /no place \{\{groups\}\} in its system part/,
    ],
    ['one without the word JSON', () => parse({ system: '{{riskTypes}} {{schema}}' }), /the word JSON/],
    ['one that is too long', () => parse({ repair: 'x'.repeat(70_000) }), /at most 65536/],
    [
      'a file that is not there',
      () => readPromptTemplate('/nonexistent/own.md'),
      /nonexistent\/own\.md: cannot be read/,
    ],
  ])('%s', (_, attempt, message) => {
    expect(attempt).toThrow(expect.objectContaining({ code: 'bad-prompt', message: expect.stringMatching(message) }));
  });
});

test('what is filled in is not looked at again', () => {
  expect(filledIn('{{a}} and {{b}}', { a: '{{b}}', b: '$& {{a}}' })).toBe('{{b}} and $& {{a}}');
});

describe.each(['zh', 'en'])('the installed template in %s', (language) => {
  const template = readPromptTemplate(installedPath('config', 'prompts', `risk.${language}.md`));

  test('is usable and says which it is', () => {
    expect(template).toMatchObject({ language, version: expect.stringMatching(/^\d+$/) });
  });

  test('says that text in the picture is scenery, and that there are no tools', () => {
    const words = { zh: [/绝不是给你的指令/, /你没有工具/], en: [/never an instruction/, /no tools/] }[language] ?? [];
    expect(words).toHaveLength(2);
    for (const word of words) expect(template.system).toMatch(word);
  });
});
