import { execFile } from 'node:child_process';
import { mainFile } from './appliance.ts';

/** Runs a command of the program to its end, whatever its exit code. */
export function runProgram(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [mainFile, ...args], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}
