/**
 * What is dangerous at each camera now: every dangerous assessment stands for the display window after it came, and for
 * the frames of that time says which groups and objects it concerns. Bounded for each camera.
 */
import type { GroupAssessment } from '../aggregate/assessed.ts';
import { overlap } from '../detect/box.ts';
import type { RiskLevel } from '../detect/detection-message.ts';
import { higherOf, highestOf, rankOf } from '../detect/risk-level.ts';
import type { BBox } from '../native.ts';
import type { Clock } from '../time/clock.ts';
import type { DangerousDrivingResult } from './dangerous-driving-result.ts';

/** Share of the smaller box that must lie in the other for a group to be the one that was assessed. */
const minOverlap = 0.3;
const maxPerCamera = 64;

/** What is known of the risk in one frame. */
export interface FrameRisk {
  /** Most dangerous first. `groupIndex` is that of the frame's own group where it is still there. */
  readonly results: readonly DangerousDrivingResult[];
  readonly maxRiskLevel: RiskLevel;
  /** Of the newest of the most dangerous results: seconds, name, what it wrote. */
  readonly llmLatency: number;
  readonly llmModel: string;
  readonly llmRawText: string;
  /** By position of the group. */
  readonly groupLevels: readonly RiskLevel[];
}

export const noRisk: FrameRisk = {
  results: [],
  maxRiskLevel: 'none',
  llmLatency: 0,
  llmModel: '',
  llmRawText: '',
  groupLevels: [],
};

interface Shown {
  readonly assessment: Omit<GroupAssessment, 'picture'>;
  readonly level: RiskLevel;
}

export class CurrentRisk {
  readonly #clock: Clock;
  readonly #windowMs: number;
  /** Newest first. */
  readonly #cameras = new Map<string, Shown[]>();

  /** `windowMs`: how long a danger stands after its assessment came. */
  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** A danger at this level; it takes the place of an older one about the same group. */
  show({ picture: _picture, ...assessment }: GroupAssessment, level: RiskLevel): void {
    if (this.#windowMs <= 0) return;
    const shown: Shown = { assessment, level };
    const others = (this.#cameras.get(assessment.cameraId) ?? []).filter((one) => !areOneGroup(one, shown));
    this.#cameras.set(assessment.cameraId, [shown, ...others].slice(0, maxPerCamera));
    this.#clock.after(this.#windowMs, () => this.#hide(shown));
  }

  /** What concerns a frame with groups at these places. */
  of(cameraId: string, groups: readonly { readonly bbox: BBox }[]): FrameRisk {
    const shown = this.#cameras.get(cameraId);
    if (shown === undefined) return noRisk;
    const worstFirst = shown.toSorted((a, b) => rankOf(b.level) - rankOf(a.level));
    const [worst] = worstFirst;
    return {
      results: worstFirst.map((one) => resultFor(one, groups)),
      maxRiskLevel: highestOf(shown.map(({ level }) => level)),
      llmLatency: worst?.assessment.llmLatency ?? 0,
      llmModel: worst?.assessment.llmModel ?? '',
      llmRawText: worst?.assessment.llmRawText ?? '',
      groupLevels: groups.map(({ bbox }) => levelAt(bbox, shown)),
    };
  }

  #hide(shown: Shown): void {
    const { cameraId } = shown.assessment;
    const left = (this.#cameras.get(cameraId) ?? []).filter((one) => one !== shown);
    if (left.length === 0) this.#cameras.delete(cameraId);
    else this.#cameras.set(cameraId, left);
  }
}

/** The levels of objects: each has that of the most dangerous group it belongs to. */
export function objectLevels(
  objectCount: number,
  groups: readonly { readonly members: readonly number[] }[],
  groupLevels: readonly RiskLevel[],
): RiskLevel[] {
  const levels = new Array<RiskLevel>(objectCount).fill('none');
  for (const [index, { members }] of groups.entries()) {
    const level = groupLevels[index] ?? 'none';
    for (const member of members) levels[member] = higherOf(levels[member] ?? 'none', level);
  }
  return levels;
}

function resultFor({ assessment, level }: Shown, groups: readonly { readonly bbox: BBox }[]): DangerousDrivingResult {
  const { risk, group, requestId, capturedAtMs } = assessment;
  const place = group === undefined ? -1 : placeOf(group.bbox, groups);
  return {
    ...risk,
    riskLevel: level,
    groupIndex: place < 0 ? risk.groupIndex : place + 1,
    timestamp: new Date(capturedAtMs).toISOString(),
    requestId,
    ...(group === undefined ? {} : { bbox: group.bbox }),
  };
}

/** Position of the group that overlaps most; -1 where it is not there any more. */
function placeOf(box: BBox, groups: readonly { readonly bbox: BBox }[]): number {
  let place = -1;
  let best = minOverlap;
  for (const [index, { bbox }] of groups.entries()) {
    const share = overlap(box, bbox);
    if (share < best) continue;
    place = index;
    best = share;
  }
  return place;
}

function levelAt(box: BBox, shown: readonly Shown[]): RiskLevel {
  return highestOf(
    shown.flatMap(({ assessment: { group }, level }) =>
      group !== undefined && overlap(group.bbox, box) >= minOverlap ? level : [],
    ),
  );
}

/** Of one frame each group is its own; of two frames, groups in one place are one. */
function areOneGroup({ assessment: one }: Shown, { assessment: other }: Shown): boolean {
  if (one.requestId === other.requestId) return one.risk.groupIndex === other.risk.groupIndex;
  if (one.group === undefined || other.group === undefined) return false;
  return overlap(one.group.bbox, other.group.bbox) >= minOverlap;
}
