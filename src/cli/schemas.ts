import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, RoadwatchError } from '../errors.ts';
import { messageSchemas, schemaText } from '../schemas/message-schemas.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { printLine } from './output.ts';

export interface SchemasFlags {
  readonly out?: string;
}

/** `roadwatch schemas`: the JSON Schemas of what other programs read, a line each; or written into a folder, a file each. */
export async function showSchemas({ out }: SchemasFlags): Promise<ExitCode> {
  for (const [name, schema] of messageSchemas()) {
    if (out === undefined) {
      await printLine(JSON.stringify(schema));
      continue;
    }
    const file = join(out, `${name}.json`);
    await write(out, file, schemaText(schema));
    await printLine(file);
  }
  return exitCodes.ok;
}

async function write(folder: string, file: string, text: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new RoadwatchError('cannot-write', `--out: expected a folder that can be written: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
