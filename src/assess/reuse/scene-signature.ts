import { iou } from '../../detect/box.ts';
import type { BBox } from '../../native.ts';
import type { AssessmentTask } from '../assessment-task.ts';

/** What a group looks like: enough to say whether a later one shows the same. */
export interface SceneSignature {
  readonly cameraId: string;
  /** 16 hexadecimal digits. */
  readonly differenceHash: string;
  readonly members: readonly { readonly class: string; readonly bbox: BBox }[];
}

export interface SamenessLimits {
  /** Bits of 64 in which the hashes of two pictures may differ. */
  readonly maxHashBits: number;
  /** Least IoU of the boxes of a member. */
  readonly minIou: number;
}

/** Nothing for a group whose picture has no hash: without it, no two scenes are the same. */
export function signatureOf({ cameraId, members, picture }: AssessmentTask): SceneSignature | undefined {
  if (picture?.differenceHash === undefined) return undefined;
  return {
    cameraId,
    differenceHash: picture.differenceHash,
    members: members.map(({ class: className, bbox }) => ({ class: className, bbox })),
  };
}

/**
 * For each member of the later scene, the position of the same one in the earlier; nothing where the scenes are not the
 * same.
 */
export function sameMembers(
  earlier: SceneSignature,
  later: SceneSignature,
  { maxHashBits, minIou }: SamenessLimits,
): number[] | undefined {
  if (earlier.cameraId !== later.cameraId || earlier.members.length !== later.members.length) return undefined;
  if (hashDistance(earlier.differenceHash, later.differenceHash) > maxHashBits) return undefined;
  const left = new Set(earlier.members.keys());
  const counterparts: number[] = [];
  for (const member of later.members) {
    const counterpart = nearest(member, earlier.members, left);
    if (counterpart === undefined || counterpart.iou < minIou) return undefined;
    left.delete(counterpart.index);
    counterparts.push(counterpart.index);
  }
  return counterparts;
}

/** Bits in which two hashes differ. */
export function hashDistance(one: string, other: string): number {
  let bits = 0;
  for (let digit = 0; digit < Math.max(one.length, other.length); digit += 8) {
    const word = (text: string) => Number.parseInt(text.slice(digit, digit + 8) || '0', 16);
    bits += setBits((word(one) ^ word(other)) >>> 0);
  }
  return bits;
}

function setBits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count += 1;
  return count;
}

function nearest(
  member: SceneSignature['members'][number],
  candidates: SceneSignature['members'],
  left: ReadonlySet<number>,
): { readonly index: number; readonly iou: number } | undefined {
  let best: { index: number; iou: number } | undefined;
  for (const index of left) {
    const candidate = candidates[index];
    if (candidate?.class !== member.class) continue;
    const overlap = iou(candidate.bbox, member.bbox);
    if (best === undefined || overlap > best.iou) best = { index, iou: overlap };
  }
  return best;
}
