import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { RoadwatchError } from '../errors.ts';
import { complain } from './output.ts';

const maxInputBytes = 4096;

/**
 * A new password: typed twice at a terminal, where it is not shown, or the first line of stdin. Never an argument: those
 * are seen by everybody on the machine. Throws RoadwatchError `passwords-differ`, `no-password`.
 */
export async function readNewPassword(): Promise<string> {
  if (!process.stdin.isTTY) return firstLine();
  const password = await askHidden('New password: ');
  if ((await askHidden('Again: ')) === password) return password;
  throw new RoadwatchError('passwords-differ', 'the two passwords differ');
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.includes('\n') || text.length > maxInputBytes) break;
  }
  const password = text.split(/\r?\n/)[0] ?? '';
  if (password !== '') return password;
  throw new RoadwatchError('no-password', 'expected the password as the first line of stdin');
}

function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  return new Promise((resolve, reject) => {
    reader.on('SIGINT', () => {
      reader.close();
      reject(new RoadwatchError('no-password', 'nothing was changed'));
    });
    reader.question('', (answer) => {
      reader.close();
      complain('');
      resolve(answer);
    });
  });
}
