/**
 * The scripts for operators. They only pass on to the program, so it is asked whether it knows what they call; those for
 * Windows are read with PowerShell's grammar, and line by line.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { repositoryRoot } from './support/appliance.ts';
import { runProgram } from './support/program.ts';

const run = promisify(execFile);
const folder = join(repositoryRoot, 'scripts');
const scripts = readdirSync(folder);

/** What each script calls, and how that is to be used. */
const usage: Readonly<Record<string, readonly [call: string, usage: string]>> = {
  start_streaming_services: ['services start', 'services start [options]'],
  stop_streaming_services: ['services stop', 'services stop [options]'],
  init_kafka_topics: ['topics create', 'topics [options] [action]'],
  test_streaming_pipeline: ['streaming-test', 'streaming-test [options]'],
};

function textOf(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

describe('the program knows what they call', () => {
  test.each(Object.values(usage))('%s', async (call, use) => {
    const { code, stdout } = await runProgram(...call.split(' '), '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: roadwatch ${use}\n`);
  });
});

describe('in Bash', () => {
  test.each(Object.entries(usage))('%s passes on its arguments, and the exit code', async (name, [, use]) => {
    const script = join(folder, `${name}.sh`);
    const { stdout } = await run(script, ['--help'], { cwd: '/' });
    expect(stdout).toContain(`Usage: roadwatch ${use}\n`);
    await expect(run(script, ['--no-such-option'], { cwd: '/' })).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("unknown option '--no-such-option'"),
    });
  });
});

describe('in PowerShell', () => {
  let parser: Parser;

  beforeAll(async () => {
    await Parser.init();
    const grammar = join(repositoryRoot, 'node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm');
    parser = new Parser().setLanguage(await Language.load(grammar));
  });

  function parse(text: string): Node {
    const tree = parser.parse(text);
    if (tree === null) throw new Error('not parsed');
    return tree.rootNode;
  }

  test('what is no PowerShell is seen', () => {
    expect(parse('if ($x { exit 1').hasError).toBe(true);
  });

  const names = scripts.filter((name) => name.endsWith('.ps1'));
  test('there is one of each that Windows needs', () => {
    expect(names).toEqual(['init_kafka_topics.ps1', 'start_streaming_services.ps1', 'stop_streaming_services.ps1']);
  });

  test.each(names)('%s calls node with the command, all arguments, and its exit code', (name) => {
    const root = parse(textOf(name));
    expect(root.hasError, root.toString()).toBe(false);
    const invocations = root
      .descendantsOfType('command')
      .map((node) => node?.text)
      .filter((text) => text?.startsWith('&'));
    const [call] = usage[name.replace('.ps1', '')] ?? [];
    expect(invocations).toEqual([`& node $main ${call} @args`]);
    expect(root.lastChild?.text.trim().split('\n').at(-1)).toBe('exit $LASTEXITCODE');
  });
});

describe('in batch files', () => {
  const names = scripts.filter((name) => name.endsWith('.bat'));
  test('there is one of each that Windows needs', () => {
    expect(names).toEqual(['init_kafka_topics.bat', 'start_streaming_services.bat', 'stop_streaming_services.bat']);
  });

  test.each(names)('%s calls node with the command, all arguments, and its exit code', (name) => {
    const lines = textOf(name).split('\n');
    // Without a carriage return cmd.exe may miss a label.
    expect(lines.slice(0, -1).every((line) => line.endsWith('\r'))).toBe(true);
    const words = lines.map((line) => line.trimEnd());
    const [call] = usage[name.replace('.bat', '')] ?? [];
    expect(words.filter((line) => line.startsWith('node '))).toEqual([`node "%main%" ${call} %*`]);
    expect(words.slice(-2)).toEqual(['exit /b %errorlevel%', '']);
    for (const line of words) {
      const label = /\bgoto (\w+)$/.exec(line)?.[1];
      if (label !== undefined) expect(words).toContain(`:${label}`);
    }
  });
});
