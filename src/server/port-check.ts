import { createServer } from 'node:net';
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';

/**
 * Throws RoadwatchError `port-in-use` or `cannot-listen`, naming the address. uWebSockets.js shares a port that is in
 * use with whoever has it, so that has to be found out before.
 */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, () => resolve());
    });
  } catch (error) {
    const inUse = errorCode(error) === 'EADDRINUSE';
    throw new RoadwatchError(
      inUse ? 'port-in-use' : 'cannot-listen',
      `cannot listen on ${host}:${port}: ${inUse ? 'another program has the port' : errorMessage(error)}`,
      { cause: error },
    );
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
