/** What a test of a camera came to, as it is told. */
import { adviseOn } from '../camera/stream-advice.ts';
import { errorCode, errorMessage } from '../errors.ts';
import type { ProbeResult } from '../native.ts';
import type { CameraTestData } from './messages.ts';

/** A camera that does not work is an answer, too. Rejects with `busy` alone. */
export async function cameraTestData(look: () => Promise<ProbeResult>, intervalMs: number): Promise<CameraTestData> {
  try {
    const { snapshotJpeg, ...stream } = await look();
    return {
      reachable: true,
      stream,
      advice: adviseOn(stream, intervalMs),
      ...(snapshotJpeg === undefined ? {} : { snapshot: `data:image/jpeg;base64,${snapshotJpeg.toString('base64')}` }),
    };
  } catch (error) {
    if (errorCode(error) === 'busy') throw error;
    return { reachable: false, fault: { code: errorCode(error), message: errorMessage(error) }, advice: [] };
  }
}
