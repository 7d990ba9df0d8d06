/** `roadwatch cameras test`: looks at streams, and says what is wrong and what to do. */
import { checkCamera } from '../camera/check-camera.ts';
import { adviseOn, type StreamAdvice } from '../camera/stream-advice.ts';
import type { CameraConfig, Config } from '../config/schema.ts';
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import type { Fault, ProbeResult } from '../native.ts';
import { adviceFor } from './advice.ts';
import { openKept } from './cameras.ts';
import type { ConfigFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { printLine } from './output.ts';

/** Streams that are watched at a time. */
const atATime = 8;
/** Enough to see keyframes that are five seconds apart, twice. */
const watchMs = 10_000;

interface CameraReport {
  readonly id: string;
  readonly ok: boolean;
  readonly stream?: ProbeResult;
  readonly advice: readonly StreamAdvice[];
  readonly fault?: Fault & { readonly advice?: string };
}

export async function testCameras(
  asked: readonly string[],
  flags: ConfigFlags & { readonly json?: boolean },
): Promise<ExitCode> {
  const { config, kept } = await openKept(flags, 'look');
  const running = kept.all.filter(({ shadowed }) => !shadowed).map(({ camera }) => camera);
  const cameras = asked.length === 0 ? running : asked.map((one) => cameraOf(one, running, config));
  const reports: CameraReport[] = [];
  const waiting = cameras.values();
  const work = async () => {
    for (const camera of waiting) {
      const report = await testCamera(camera, config);
      reports.push(report);
      if (!flags.json) await printLine(reportText(report));
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  const failed = reports.filter(({ ok }) => !ok).length;
  if (flags.json) await printLine(JSON.stringify({ ok: failed === 0, cameras: reports }));
  if (failed === 0) return exitCodes.ok;
  return failed === reports.length ? exitCodes.failure : exitCodes.partial;
}

/** The kept camera of this id, or one with this address. */
function cameraOf(asked: string, kept: readonly CameraConfig[], config: Config): CameraConfig {
  const known = kept.find(({ id }) => id === asked);
  if (known !== undefined) return known;
  if (/^[\w.:-]*$/.test(asked) && !asked.includes('://') && !config.allowFiles) {
    throw new RoadwatchError('unknown-camera', `there is no camera ${asked}`);
  }
  return checkCamera({ id: 'new', url: asked }, config.allowFiles);
}

async function testCamera(camera: CameraConfig, config: Config): Promise<CameraReport> {
  try {
    const { native } = await import('../native.ts');
    const stream = await native.probe({
      url: camera.url,
      allowFiles: config.allowFiles,
      transport: camera.transport ?? config.source.transport,
      connectTimeoutMs: config.source.connectTimeoutMs,
      readTimeoutMs: config.source.readTimeoutMs,
      measureMs: watchMs,
    });
    const advice = adviseOn(stream, camera.intervalMs ?? config.analysis.intervalMs);
    return { id: camera.id, ok: !advice.some(({ severity }) => severity === 'problem'), stream, advice };
  } catch (error) {
    const code = errorCode(error);
    const whatToDo = adviceFor(code);
    const fault = { code, message: errorMessage(error), ...(whatToDo === undefined ? {} : { advice: whatToDo }) };
    return { id: camera.id, ok: false, advice: [], fault };
  }
}

function reportText({ id, ok, stream, advice, fault }: CameraReport): string {
  const head = `${ok ? 'ok   ' : 'FAIL '} ${id}: `;
  if (fault !== undefined) {
    const whatToDo = fault.advice === undefined ? [] : [`      what to do: ${fault.advice}`];
    return [`${head}${fault.code}: ${fault.message}`, ...whatToDo].join('\n');
  }
  return [`${head}${stream === undefined ? '' : streamText(stream)}`, ...advice.map(adviceText)].join('\n');
}

function streamText(stream: ProbeResult): string {
  const { codec, imageWidth, imageHeight, framesPerSecond, gopMs, bitsPerSecond } = stream;
  return [
    `${codec} ${imageWidth}x${imageHeight}`,
    ...(framesPerSecond === undefined ? [] : [`${framesPerSecond.toFixed(1)} frames/s`]),
    ...(gopMs === undefined ? [] : [`a keyframe every ${(gopMs / 1000).toFixed(1)} s`]),
    ...(bitsPerSecond === undefined ? [] : [`${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`]),
    `answered in ${Math.round(stream.connectMs)} ms`,
  ].join(', ');
}

function adviceText({ code, severity, message }: StreamAdvice): string {
  return `      ${severity} ${code}: ${message}`;
}
