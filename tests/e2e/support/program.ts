import { execFile } from 'node:child_process';
import { mainFile } from './appliance.ts';

interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program to its end, whatever its exit code. */
export function runProgram(...args: string[]): Promise<ProgramResult> {
  return runProgramIn({}, ...args);
}

/** The same with these variables in its environment. */
export function runProgramIn(env: Readonly<Record<string, string>>, ...args: string[]): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    const child = execFile(process.execPath, [mainFile, ...args], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}
