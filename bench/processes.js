/** Other programs that a measurement needs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * A path beside this folder's files.
 *
 * @param {string} path
 */
export function here(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

/**
 * Runs a program to its end; its errors go where ours go.
 *
 * @param {string} program
 * @param {readonly string[]} programArguments
 * @returns {Promise<string>} what it printed
 */
export async function run(program, programArguments) {
  const child = spawn(program, programArguments, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (data) => {
    printed += data;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${programArguments.join(' ')} ended with ${code}`);
  return printed;
}
