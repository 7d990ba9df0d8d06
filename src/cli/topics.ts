import { type Cluster, TopicAdmin } from '../bus/kafka/topic-admin.ts';
import { checkTopic, type TopicFinding, unequalPartitions } from '../bus/kafka/topic-check.ts';
import { plannedTopics, type TopicPlan } from '../bus/kafka/topic-plan.ts';
import type { Config } from '../config/schema.ts';
import { createLog, RepeatedLines } from '../log.ts';
import { realClock } from '../time/clock.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain, printLine } from './output.ts';

/** Replicas unless asked otherwise, where there are as many brokers. */
const wantedReplicas = 3;
/** Topics that a reader joins by key. */
const joined = ['detection-results', 'risk-assessment-results'];

export interface TopicsFlags extends ConfigFlags {
  readonly partitions: number;
  readonly replication?: number;
  readonly json?: boolean;
}

/** What is said of one topic. */
interface TopicReport {
  readonly topic: string;
  readonly ok: boolean;
  readonly remarks: readonly string[];
  /** What was done. */
  readonly done?: string;
  /** Shows its settings, which only the cluster's own tool can. */
  readonly showSettings: string;
  /** Sets them as they should be. */
  readonly setSettings: string;
}

/** `roadwatch topics check` and `create`: whether the cluster has the topics that it should, and making them. */
export async function manageTopics(action: 'check' | 'create', flags: TopicsFlags): Promise<ExitCode> {
  const config = loadFromFlags(flags);
  const lines = new RepeatedLines(createLog(config.log.level));
  const admin = await TopicAdmin.open({ connection: config.kafka, clock: realClock, lines });
  try {
    return await manage(admin, action, flags, config);
  } finally {
    await admin.close();
  }
}

async function manage(
  admin: TopicAdmin,
  action: 'check' | 'create',
  flags: TopicsFlags,
  config: Config,
): Promise<ExitCode> {
  const cluster = await admin.cluster();
  const plans = plannedTopics({
    partitions: flags.partitions,
    replicas: flags.replication ?? Math.min(wantedReplicas, cluster.brokers),
  });
  const reports: TopicReport[] = [];
  for (const plan of plans) {
    const finding = findingOf(plan, cluster);
    const report = reportOf(finding, action === 'create' ? await repair(admin, finding) : undefined, config);
    reports.push(report);
    if (!flags.json) await printLine(reportText(report));
  }
  const unequal = action === 'check' ? unequalPartitions(joined, cluster.topics) : undefined;
  const ok = reports.every((report) => report.ok) && unequal === undefined;
  if (flags.json) await printLine(JSON.stringify({ ok, topics: reports, ...(unequal ? { remark: unequal } : {}) }));
  else await sayTheRest(reports, unequal);
  return ok ? exitCodes.ok : exitCodes.failure;
}

function findingOf(plan: TopicPlan, cluster: Cluster): TopicFinding {
  return checkTopic(
    plan,
    cluster.topics.find(({ name }) => name === plan.name),
  );
}

/** Says what it has done; nothing where there was nothing to do. */
async function repair(admin: TopicAdmin, { plan, repair: todo }: TopicFinding): Promise<string | undefined> {
  if (todo === undefined) return undefined;
  if (todo.kind === 'create') {
    await admin.create(plan);
    return `created with ${plan.partitions} partitions and ${plan.replicas} replicas`;
  }
  await admin.addPartitions(plan.name, plan.partitions);
  return `${todo.from} partitions have become ${plan.partitions}: keys move, so what is sent of one camera may overtake once`;
}

function reportOf(
  { plan, ok, remarks, repair: todo }: TopicFinding,
  done: string | undefined,
  config: Config,
): TopicReport {
  const isRepaired = done !== undefined;
  // What was repaired is the first of what was wrong.
  const left = isRepaired ? remarks.slice(1) : remarks;
  return {
    topic: plan.name,
    ok: ok || (isRepaired && (todo?.kind === 'create' || left.length === 0)),
    remarks: left,
    ...(isRepaired ? { done } : {}),
    showSettings: configCommand(plan, config, '--describe'),
    setSettings: configCommand(plan, config, `--alter --add-config ${settingsText(plan)}`),
  };
}

function settingsText({ settings }: TopicPlan): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

function configCommand({ name }: TopicPlan, { kafka }: Config, what: string): string {
  const secured = kafka.security.protocol === 'plaintext' ? '' : ' --command-config client.properties';
  const brokers = kafka.bootstrapServers.join(',');
  return `kafka-configs.sh --bootstrap-server ${brokers}${secured} --entity-type topics --entity-name ${name} ${what}`;
}

function reportText({ topic, ok, remarks, done }: TopicReport): string {
  const words = [...(done === undefined ? [] : [done]), ...remarks].join('; ');
  return `${ok ? 'ok   ' : 'FAIL '} ${topic}${words === '' ? '' : `: ${words}`}`;
}

async function sayTheRest(reports: readonly TopicReport[], unequal: string | undefined): Promise<void> {
  if (unequal !== undefined) await printLine(`FAIL  ${unequal}`);
  const kept = reports.filter(({ done }) => done === undefined || !done.startsWith('created'));
  if (kept.length === 0) return;
  complain('settings of topics that exist (retention, sizes) cannot be read from here; these commands set them:');
  for (const { setSettings } of kept) complain(`  ${setSettings}`);
}
