/** What of a camera's stream costs more than it must, or keeps something from working, and what to set on the camera. */
import type { ProbeResult } from '../native.ts';

/** Stable words; the page has its own texts for each. */
export type AdviceCode =
  | 'no-picture'
  | 'keyframes-rare'
  | 'gradual-refresh'
  | 'no-live-video'
  | 'picture-large'
  | 'bit-rate-high';

export interface StreamAdvice {
  readonly code: AdviceCode;
  /** `problem`: it will not work like this; `notice`: it works, at a cost. */
  readonly severity: 'problem' | 'notice';
  /** What is, and what to do. */
  readonly message: string;
  /** What to set, where it is a number: frames between keyframes. */
  readonly keyframeEveryFrames?: number;
}

/** More than that is decoded for nothing: the model sees a few hundred pixels across. */
const largestPicturePx = 2560 * 1440;
const highBitsPerSecond = 8_000_000;
/** What browsers play everywhere. */
const liveVideoCodecs = new Set(['h264']);

/** In the order of importance; `intervalMs` is the time between two analyses of this camera. */
export function adviseOn(stream: ProbeResult, intervalMs: number): StreamAdvice[] {
  const advice: StreamAdvice[] = [];
  if (!stream.keyframe) {
    advice.push({
      code: 'no-picture',
      severity: 'problem',
      message:
        'no picture could be decoded: set the camera to H.264 and its keyframe interval (GOP) to 2 seconds or less',
    });
  }
  if (stream.gradualRefresh) {
    advice.push({
      code: 'gradual-refresh',
      severity: 'notice',
      message:
        'it sends no keyframes but refreshes its picture bit by bit, so all of it is decoded: switch intra refresh off on the camera',
    });
  } else if (stream.keyframe) {
    advice.push(...adviseOnKeyframes(stream, intervalMs));
  }
  if (!liveVideoCodecs.has(stream.codec)) {
    advice.push({
      code: 'no-live-video',
      severity: 'notice',
      message: `most browsers do not play ${stream.codec}: the page shows its pictures instead of live video; set the camera to H.264 for that`,
    });
  }
  if (stream.imageWidth * stream.imageHeight > largestPicturePx) {
    advice.push({
      code: 'picture-large',
      severity: 'notice',
      message: `${stream.imageWidth}x${stream.imageHeight} costs much to decode: use a smaller stream of the camera, 1920x1080 or less`,
    });
  }
  if ((stream.bitsPerSecond ?? 0) > highBitsPerSecond) {
    const megabits = ((stream.bitsPerSecond ?? 0) / 1e6).toFixed(1);
    advice.push({
      code: 'bit-rate-high',
      severity: 'notice',
      message: `${megabits} Mbit/s fills the network: 2 to 4 Mbit/s are enough for 1080p`,
    });
  }
  return advice;
}

/** Keyframes that come more rarely than analyses: all in between is decoded, too. */
function adviseOnKeyframes({ gopMs, watchedMs, framesPerSecond }: ProbeResult, intervalMs: number): StreamAdvice[] {
  const isMeasured = gopMs !== undefined;
  const apartMs = gopMs ?? watchedMs;
  if (apartMs <= intervalMs) return [];
  const frames =
    framesPerSecond === undefined ? undefined : Math.max(1, Math.round((framesPerSecond * intervalMs) / 1000));
  const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;
  const toSet = frames === undefined ? '' : ` (${frames} frames)`;
  return [
    {
      code: 'keyframes-rare',
      severity: 'notice',
      message: `keyframes come every ${isMeasured ? '' : 'more than '}${seconds(apartMs)}, analyses every ${seconds(intervalMs)}, so what lies between is decoded, too: set the camera's keyframe interval (GOP, I-frame interval) to ${seconds(intervalMs)} or less${toSet}`,
      ...(frames === undefined ? {} : { keyframeEveryFrames: frames }),
    },
  ];
}
