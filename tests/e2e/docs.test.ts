/** The guides for operators: what they have to be typed is understood, what they have to be written into a file is valid. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { repositoryRoot } from './support/appliance.ts';
import { runProgram } from './support/program.ts';

const guides = ['docs/kafka-guide.md', 'docs/deployment.md', 'docs/operations.md', 'docs/accounts.md'];

/** What each script stands for. */
const scripts: Readonly<Record<string, string>> = {
  'scripts/init_kafka_topics.sh': 'roadwatch topics create',
  'scripts/start_streaming_services.sh': 'roadwatch services start',
  'scripts/stop_streaming_services.sh': 'roadwatch services stop',
  'scripts/test_streaming_pipeline.sh': 'roadwatch streaming-test',
};

function textOf(guide: string): string {
  return readFileSync(join(repositoryRoot, guide), 'utf8');
}

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block);
}

/** Our own commands, in blocks and in the text. */
function commandsIn(guide: string): string[] {
  const text = textOf(guide);
  const inText = [...text.matchAll(/`((?:roadwatch|scripts\/)[^`\n]*)`/g)].map(([, words = '']) => words);
  const inBlocks = blocks(text, 'sh').flatMap((block) => block.split('\n'));
  return [...new Set([...inText, ...inBlocks].map((line) => line.replace(/ +#.*$/, '').trim()))]
    .map((line) => line.replace(/^scripts\/\w+\.sh/, (script) => scripts[script] ?? script))
    .filter((line) => line.startsWith('roadwatch '));
}

describe.each(guides)('%s', (guide) => {
  test.each(commandsIn(guide))('%s', async (command) => {
    const words = command.split(' ').slice(1);
    const { code, stdout, stderr } = await runProgram(
      ...words.filter((word) => !word.startsWith('-')).slice(0, 2),
      '--help',
    );
    expect(code, stderr).toBe(0);
    for (const flag of words.filter((word) => word.startsWith('-'))) expect(stdout).toContain(`${flag} `);
  });

  test('its settings are valid', () => {
    for (const block of blocks(textOf(guide), 'yaml')) {
      const env = block.includes('sasl_ssl') ? { ALGO_KAFKA_PASSWORD: 'secret' } : {};
      expect(() => loadConfig({ env, cwd: '/nonexistent', embedded: parse(block) })).not.toThrow();
    }
  });

  test('its links lead somewhere', () => {
    for (const [, target = ''] of textOf(guide).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(join(repositoryRoot, 'docs', target)), target).toBe(true);
    }
  });

  test('its headings are where its links point', () => {
    for (const [, file = '', anchor = ''] of textOf(guide).matchAll(/\]\(([^)#]*)#([^)]+)\)/g)) {
      const text = textOf(file === '' ? guide : join('docs', file));
      const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(anchors, `${file}#${anchor}`).toContain(anchor);
    }
  });
});

test('the guides have settings and commands to check', () => {
  expect(guides.flatMap(commandsIn).length).toBeGreaterThan(10);
  expect(guides.flatMap((guide) => blocks(textOf(guide), 'yaml'))).toHaveLength(4);
});
