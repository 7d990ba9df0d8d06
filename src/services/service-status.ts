import { request } from 'undici';
import { errorMessage } from '../errors.ts';
import { type ServiceFiles, type ServiceState, serviceState } from './service.ts';
import { lastLogLines } from './service-log.ts';

/** How long a service may take to say how it is. */
const healthLimitMs = 2000;

/** What has become of a service, and what it says itself. */
export type ServiceStatus = ServiceFiles &
  ServiceState & {
    /** What it says of its health (`UP`), or why it says nothing; absent where it has not said where it listens. */
    readonly health?: string;
    /** The last line of its log, where it has ended. */
    readonly lastLine?: string;
  };

/** Asks a service how it is. Never rejects for what is wrong with the service. */
export async function serviceStatus(files: ServiceFiles): Promise<ServiceStatus> {
  const state = serviceState(files);
  if (state.state === 'stopped') return { ...files, ...state };
  if (state.state !== 'running') {
    const [lastLine] = lastLogLines(files.logFile, 1);
    return { ...files, ...state, ...(lastLine === undefined ? {} : { lastLine }) };
  }
  const { address } = state.record;
  return { ...files, ...state, ...(address === undefined ? {} : { health: await healthOf(address) }) };
}

async function healthOf(address: string): Promise<string> {
  try {
    const { statusCode, body } = await request(`${address}/api/health/health_check`, {
      signal: AbortSignal.timeout(healthLimitMs),
    });
    const answer = (await body.json()) as { data?: { status?: unknown } };
    const status = answer.data?.status;
    return typeof status === 'string' ? status : `answers with ${statusCode}`;
  } catch (error) {
    return `no answer: ${errorMessage(error)}`;
  }
}
