import { connect } from 'node:net';
import { RoadwatchError } from '../errors.ts';

/** Only this machine is asked: it answers at once. */
const answerLimitMs = 500;

/**
 * Throws RoadwatchError `port-in-use`, naming the address, where another program answers there. uWebSockets.js shares a
 * port with whoever has it, so that has to be found out before. A port is asked, not taken for a trial: connections
 * that ended a moment ago would make that fail after every restart.
 */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  if (port === 0 || !(await answers(reachableHost(host), port))) return;
  throw new RoadwatchError('port-in-use', `cannot listen on ${host}:${port}: another program has the port`);
}

function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: answerLimitMs });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
