import type { CameraStateData } from '../../../src/server/messages.ts';
import type { Texts } from '../i18n/en.ts';

export interface StateWords {
  readonly headline: string;
  /** Why, and what to do, where there is something to say. */
  readonly reason?: string;
  readonly next?: string;
}

/** A camera's state as an operator reads it. `clock` writes a time of day. */
export function stateWords(
  state: CameraStateData,
  texts: Texts,
  nowMs: number,
  clock: (ms: number) => string,
): StateWords {
  const reason = state.reason && (texts.faults[state.reason.code] ?? state.reason.message);
  const waitS = state.nextTryMs === undefined ? undefined : Math.max(0, Math.ceil((state.nextTryMs - nowMs) / 1000));
  return {
    headline: headline(state, texts, clock),
    ...(reason ? { reason } : {}),
    ...(waitS === undefined ? {} : { next: texts.nextTry(waitS) }),
  };
}

function headline(state: CameraStateData, texts: Texts, clock: (ms: number) => string): string {
  switch (state.state) {
    case 'connecting':
      return texts.connectingCamera;
    case 'live':
      return texts.live;
    case 'stalled':
      return texts.stalled(clock(state.sinceMs));
    case 'reconnecting':
      return texts.reconnecting(clock(state.sinceMs));
    case 'failed':
      return texts.failed;
    case 'ended':
      return texts.ended;
    case 'removed':
      return texts.removed;
  }
}

export function timeOfDay(ms: number): string {
  return new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
