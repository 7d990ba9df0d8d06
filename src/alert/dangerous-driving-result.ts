import type { GroupRisk } from '../bus/topics.ts';
import type { BBox } from '../native.ts';

/** One dangerous group as viewers get it. */
export interface DangerousDrivingResult extends GroupRisk {
  /** The frame that was assessed: ISO 8601, UTC. Earlier than the frame that carries this. */
  readonly timestamp: string;
  readonly requestId: string;
  /** Where the group was then; in pixels of the source picture. */
  readonly bbox?: BBox;
}
