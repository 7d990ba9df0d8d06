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

/** What each script calls. */
const calls: Readonly<Record<string, readonly string[]>> = {
  start_streaming_services: ['services', 'start'],
  stop_streaming_services: ['services', 'stop'],
  init_kafka_topics: ['topics', 'create'],
  test_streaming_pipeline: ['streaming-test'],
};

function textOf(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

describe('the program knows what they call', () => {
  test.each(Object.entries(calls))('%s', async (_name, command) => {
    const { code, stdout } = await runProgram(...command, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: roadwatch ${command.join(' ')} `);
  });
});

describe('in Bash', () => {
  test.each(Object.entries(calls))('%s passes on its arguments, and the exit code', async (name, command) => {
    const script = join(folder, `${name}.sh`);
    const { stdout } = await run(script, ['--help'], { cwd: '/' });
    expect(stdout).toContain(`Usage: roadwatch ${command.join(' ')} `);
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
    const command = calls[name.replace('.ps1', '')] ?? [];
    expect(invocations).toEqual([`& node $main ${command.join(' ')} @args`]);
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
    const command = calls[name.replace('.bat', '')] ?? [];
    expect(words.filter((line) => line.startsWith('node '))).toEqual([`node "%main%" ${command.join(' ')} %*`]);
    expect(words.slice(-2)).toEqual(['exit /b %errorlevel%', '']);
    for (const line of words) {
      const label = /\bgoto (\w+)$/.exec(line)?.[1];
      if (label !== undefined) expect(words).toContain(`:${label}`);
    }
  });
});
