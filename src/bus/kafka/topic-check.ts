/** How a cluster's topics differ from the plan, and what is done about it. */
import type { TopicPlan } from './topic-plan.ts';

/** A topic as the cluster has it. */
export interface FoundTopic {
  readonly name: string;
  readonly partitions: readonly {
    readonly id: number;
    /** The broker that leads it; negative where none does. */
    readonly leader: number;
    readonly replicas: readonly number[];
    /** Replicas that have everything. */
    readonly isrs: readonly number[];
  }[];
}

export type TopicRepair =
  | { readonly kind: 'create' }
  /** Keys move to other partitions then: messages of one key may overtake each other once. */
  | { readonly kind: 'add-partitions'; readonly from: number };

export interface TopicFinding {
  readonly plan: TopicPlan;
  readonly ok: boolean;
  /** What is wrong, or worth knowing. */
  readonly remarks: readonly string[];
  /** What `create` does about it; what it cannot do stands in the remarks. */
  readonly repair?: TopicRepair;
}

/** Compares one topic with its plan. */
export function checkTopic(plan: TopicPlan, found: FoundTopic | undefined): TopicFinding {
  if (found === undefined || found.partitions.length === 0) {
    return { plan, ok: false, remarks: ['does not exist'], repair: { kind: 'create' } };
  }
  const count = found.partitions.length;
  const problems: string[] = [];
  const notes: string[] = [];
  if (count < plan.partitions) problems.push(`${count} partitions, fewer than ${plan.partitions}`);
  if (count > plan.partitions) notes.push(`${count} partitions, more than ${plan.partitions}: that cannot be undone`);
  const replicas = Math.min(...found.partitions.map((partition) => partition.replicas.length));
  if (replicas < plan.replicas) {
    problems.push(`${replicas} replicas, fewer than ${plan.replicas}: only kafka-reassign-partitions.sh changes that`);
  }
  const leaderless = found.partitions.filter(({ leader }) => leader < 0).length;
  if (leaderless > 0) problems.push(`${leaderless} partitions without a leader: brokers are down`);
  const behind = found.partitions.filter((partition) => partition.isrs.length < partition.replicas.length).length;
  if (behind > 0) notes.push(`${behind} partitions have replicas that are behind`);
  return {
    plan,
    ok: problems.length === 0,
    remarks: [...problems, ...notes],
    ...(count < plan.partitions ? { repair: { kind: 'add-partitions', from: count } } : {}),
  };
}

/** Topics that one reader joins by key need the same partitions: what is wrong about that, else nothing. */
export function unequalPartitions(names: readonly string[], found: readonly FoundTopic[]): string | undefined {
  const counts = found.filter(({ name }) => names.includes(name)).map(({ partitions }) => partitions.length);
  if (new Set(counts).size <= 1) return undefined;
  return `${names.join(' and ')} are joined by key and need the same number of partitions; they have ${counts.join(' and ')}`;
}
