/** An alert: one danger at one camera, from its first sight to its last. */
import type { BBox } from '../native.ts';
import type { AlertLevel } from './alert-level.ts';

/** What the operator made of it. */
export const verdicts = ['seen', 'false-alarm'] as const;
export type Verdict = (typeof verdicts)[number];

/** What the store keeps of an alert. Times are UTC ms: when the frames were captured. */
export interface Alert {
  readonly id: string;
  readonly cameraId: string;
  /** The greatest that it has had. */
  readonly level: AlertLevel;
  readonly sinceMs: number;
  readonly lastSeenMs: number;
  /** Assessments that found it. */
  readonly count: number;
  /** Grows with every change: of two states of one alert the greater one holds. */
  readonly revision: number;
  /** What it was found to be when it was most dangerous; so are the fields from here to `classes`. */
  readonly description: string;
  readonly riskTypes: readonly string[];
  /** 0..1 */
  readonly confidence: number;
  /** Who judged: model, cache or rules. */
  readonly source?: string;
  readonly model?: string;
  readonly requestId: string;
  readonly dangerObjectCount: number;
  readonly objectCount: number;
  readonly classes: readonly string[];
  /** Where it was seen last: in pixels of the source picture, which is `imageWidth` by `imageHeight`; none where the detection is not known. */
  readonly bbox?: BBox;
  readonly imageWidth?: number;
  readonly imageHeight?: number;
  /** The revision to which the picture belongs; none where there is no picture. */
  readonly pictureRevision?: number;
  readonly acknowledgedAtMs?: number;
  readonly verdict?: Verdict;
}

/** What happened to an alert. */
export type AlertChange = 'began' | 'continued' | 'worsened' | 'ended' | 'acknowledged' | 'stored';
