import type { LocalJudgement } from '../../bus/topics.ts';
import { levelOf, type RiskThresholds } from '../../detect/risk-level.ts';
import type { MeasuredRiskType } from '../risk-types.ts';
import { crowding, eitherOf, namedFrom, presence, triggerShare } from './calibration.ts';
import { type PairRisk, pairRisk } from './pair-risk.ts';
import { factsOf, isVulnerable, type ObjectId, type RoadUser } from './road-user.ts';

/**
 * Judges a group by the boxes and motions of its members. One more vulnerable member, or a smaller gap, never lowers
 * the score.
 */
export function judgeLocally(members: readonly RoadUser[], thresholds: RiskThresholds): LocalJudgement {
  const pairs = pairsOf(members);
  const reasons = reasonsOf(members, pairs);
  const score = eitherOf([...reasons.values()]);
  const riskLevel = levelOf(score, thresholds);
  return {
    score,
    riskLevel,
    riskTypes: riskLevel === 'none' ? [] : named(reasons),
    triggerObjectIds: riskLevel === 'none' ? [] : triggersOf(members, pairs),
    measured: measuredOf(pairs),
  };
}

function pairsOf(members: readonly RoadUser[]): PairRisk[] {
  return members.flatMap((one, index) =>
    members.slice(index + 1).flatMap((other) => {
      const pair = pairRisk(one, other);
      return pair === undefined ? [] : [pair];
    }),
  );
}

function reasonsOf(members: readonly RoadUser[], pairs: readonly PairRisk[]): Map<MeasuredRiskType, number> {
  const worst = (value: (pair: PairRisk) => number) => pairs.reduce((most, pair) => Math.max(most, value(pair)), 0);
  return new Map([
    ['collision_course', worst((pair) => pair.collision)],
    ['close_proximity', worst((pair) => pair.closeness)],
    ['closing_speed', worst((pair) => pair.closing)],
    ['vulnerable_road_user', presenceRisk(members)],
    ['crowding', crowdingRisk(members)],
  ]);
}

function presenceRisk(members: readonly RoadUser[]): number {
  const kinds = members.flatMap((member) => factsOf(member.class)?.kind ?? []);
  const vulnerable = kinds.filter(isVulnerable).length;
  const bodies = kinds.length - vulnerable;
  if (vulnerable === 0 || bodies === 0) return 0;
  const { weight, eachVulnerable, eachBody, most } = presence;
  return Math.min(most, weight + eachVulnerable * (vulnerable - 1) + eachBody * (bodies - 1));
}

function crowdingRisk(members: readonly RoadUser[]): number {
  const kinds = members.flatMap((member) => factsOf(member.class)?.kind ?? []);
  if (kinds.length < crowding.from || kinds.every((kind) => kind === 'unprotected')) return 0;
  return Math.min(crowding.most, crowding.weight + crowding.each * (kinds.length - crowding.from));
}

function named(reasons: ReadonlyMap<MeasuredRiskType, number>): MeasuredRiskType[] {
  return [...reasons]
    .filter(([, score]) => score >= namedFrom)
    .toSorted(([, one], [, other]) => other - one)
    .map(([type]) => type);
}

/** Without a pair that stands out, it is all of them: vulnerable people among many vehicles. */
function triggersOf(members: readonly RoadUser[], pairs: readonly PairRisk[]): ObjectId[] {
  const worst = pairs.reduce((most, pair) => Math.max(most, pair.score), 0);
  const involved = new Set(
    pairs.filter((pair) => pair.score >= worst * triggerShare).flatMap((pair) => pair.members.map(({ id }) => id)),
  );
  return members.map(({ id }) => id).filter((id) => involved.has(id));
}

function measuredOf(pairs: readonly PairRisk[]): LocalJudgement['measured'] {
  const times = pairs.flatMap((pair) => pair.timeToCollisionS ?? []);
  const closingMps = Math.max(0, ...pairs.map((pair) => pair.closingMps));
  return {
    ...(pairs.length === 0 ? {} : { gapM: Math.min(...pairs.map((pair) => pair.gapM)) }),
    ...(closingMps > 0 ? { closingMps } : {}),
    ...(times.length === 0 ? {} : { timeToCollisionS: Math.min(...times) }),
  };
}
