import { RoadwatchError } from '../errors.ts';
import type { PictureDemand } from '../native.ts';

/** What a viewer asked for in the query of its WebSocket address. */
export interface ViewerOptions {
  /** Pictures inside `detection_result`, as data URIs. */
  readonly frames: 'none' | 'raw' | 'drawn' | 'both';
  /** Pictures as binary frames of their own. */
  readonly binaryPictures: boolean;
  /** `camera_state` messages. */
  readonly states: boolean;
  /** `alert` messages. */
  readonly alerts: boolean;
}

const frameChoices = ['none', 'raw', 'drawn', 'both'] as const;

/** `frames=none|raw|drawn|both` (default both), `pictures=binary`, `events=state,alert`. Throws RoadwatchError `bad-query`. */
export function parseViewerOptions(query: string): ViewerOptions {
  const parameters = new URLSearchParams(query);
  const asked = parameters.get('frames') ?? 'both';
  const frames = frameChoices.find((choice) => choice === asked);
  if (frames === undefined) {
    throw new RoadwatchError(
      'bad-query',
      `expected frames to be one of ${frameChoices.join(', ')}, received "${asked}"`,
    );
  }
  const binaryPictures = parameters.get('pictures') === 'binary';
  const events = (parameters.get('events') ?? '').split(',');
  return {
    frames,
    binaryPictures,
    states: binaryPictures || events.includes('state'),
    alerts: events.includes('alert'),
  };
}

/** Which pictures must be made for such a viewer. Those who want a lean feed get no pictures of groups either. */
export function pictureDemand({ frames, binaryPictures }: ViewerOptions): PictureDemand {
  return {
    raw: binaryPictures || frames === 'raw' || frames === 'both',
    drawn: frames === 'drawn' || frames === 'both',
    crops: frames !== 'none',
  };
}
