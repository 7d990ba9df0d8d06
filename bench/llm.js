/** The key pool beside two others, against a fake provider in another process: tables, and one JSON line last. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { machine } from './compare.js';
import { ProviderProcess } from './llm/provider.js';
import { scenarios } from './llm/scenarios.js';
import { preparedPython } from './prepare.js';
import { here } from './processes.js';

/** Time for a pool to find its pace, and for its connections to open. */
const warmupSeconds = 30;
/** What a slow endpoint takes longer. */
const slowMs = 20_000;
/** A rate is back when three seconds bring so much of what came before. */
const recoveredShare = 0.97;
const recoveredSeconds = 3;
const secondsBefore = 15;

/** Constant, as long as a prompt with its schema. */
const systemText = 'You judge how dangerous a traffic scene is, and answer in JSON. '.repeat(60);
const picture = readFileSync(here('../tests/reference/pictures/market-4.jpg')).toString('base64');
const messages = [
  { role: 'system', content: systemText },
  {
    role: 'user',
    content: [
      { type: 'text', text: '{"groups":[{"groupIndex":1}]}' },
      { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${picture}` } },
    ],
  },
];

/** @typedef {import('./llm/scenarios.js').Scenario} Scenario */
/** @typedef {import('./llm/scenarios.js').SideName} SideName */
/**
 * @typedef {import('./llm/spec.js').SideFigures & {
 *   side: SideName, admitted_per_second: number, answered_per_second: number, refused: number, recovery_s?: number | null,
 *   rest_per_second?: {before: number, after: number}
 * }} Result
 */

/** @param {{seconds: number, names: readonly string[], sides: readonly string[]}} options */
export async function llm({ seconds, names, sides }) {
  /** @type {Record<string, Result[]>} */
  const report = {};
  for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
    /** @type {Result[]} */
    const results = [];
    for (const side of scenario.sides.filter((name) => sides.includes(name))) {
      console.error(`${scenario.name}: ${side}, ${warmupSeconds} s and ${seconds} s`);
      results.push(await measure(scenario, side, seconds));
    }
    report[scenario.name] = results;
    console.log(`${table(scenario, results)}\n`);
  }
  console.log(JSON.stringify({ seconds, machine: machine(), scenarios: report }));
}

/**
 * @param {Scenario} scenario
 * @param {SideName} side
 * @param {number} seconds
 * @returns {Promise<Result>}
 */
async function measure(scenario, side, seconds) {
  const [program, ...programArguments] = await commandOf(side);
  const provider = await ProviderProcess.start(scenario.provider);
  try {
    const child = spawn(String(program), programArguments, { stdio: ['pipe', 'pipe', 'inherit'], cwd: here('peer') });
    child.stdin.end(JSON.stringify(specOf(scenario, provider, seconds)));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await expectLine(lines, 'begin');
    await provider.control('DELETE', 'statistics');
    const beganMs = performance.now();
    const fault = halfWayFault(scenario, provider, seconds);
    await expectLine(lines, 'end');
    const statistics = await provider.control('GET', 'statistics');
    const measuredSeconds = (performance.now() - beganMs) / 1000;
    await fault;
    const { value: line } = await lines.next();
    if (child.exitCode === null) await once(child, 'exit');
    const figures = JSON.parse(line);
    const refused = Object.values(statistics.refused).reduce((sum, count) => sum + count, 0);
    return {
      side,
      ...figures,
      admitted_per_second: rounded(statistics.admitted / measuredSeconds),
      answered_per_second: rounded(figures.answered / seconds),
      refused,
      ...(hasFault(scenario) ? recovery(scenario, provider, statistics.admittedPerSecond, seconds) : {}),
    };
  } finally {
    await provider.stop();
  }
}

/** @param {SideName} side */
async function commandOf(side) {
  if (side === 'roadwatch') return [process.execPath, here('llm/pool.js')];
  const python = await preparedPython('llm-venv', 'peer/llm-requirements.txt');
  return [python, here('peer/llm_load.py'), side === 'litellm' ? 'llm_litellm' : 'llm_sleeping'];
}

/**
 * @param {AsyncIterator<string>} lines
 * @param {string} expected
 */
async function expectLine(lines, expected) {
  const { value, done } = await lines.next();
  if (done || value !== expected) throw new Error(`expected the side to print ${expected}, received ${value}`);
}

/**
 * @param {Scenario} scenario
 * @param {ProviderProcess} provider
 * @param {number} seconds
 * @returns {import('./llm/spec.js').Spec}
 */
function specOf(scenario, provider, seconds) {
  const { keys, accounts, perSecond } = scenario.provider;
  const firstSlow = keys - (scenario.slowKeys ?? 0);
  return {
    keys: provider.keys.map((secret, index) => ({
      id: `key-${index + 1}`,
      secret,
      group: `account-${(index % accounts) + 1}`,
      baseUrl: provider.endpoint(index < firstSlow ? 'main' : 'other'),
      per_second: perSecond,
      keys_in_group: keys / accounts,
    })),
    per_second: scenario.perSecond,
    warmup_seconds: warmupSeconds,
    seconds,
    deadline_ms: scenario.deadlineMs,
    max_in_flight: scenario.maxInFlight,
    priorities: scenario.priorities,
    messages,
  };
}

/** @param {Scenario} scenario */
function hasFault({ slowKeys, revokedKeys }) {
  return slowKeys !== undefined || revokedKeys !== undefined;
}

/**
 * @param {Scenario} scenario
 * @param {ProviderProcess} provider
 * @param {number} seconds
 */
async function halfWayFault(scenario, provider, seconds) {
  if (!hasFault(scenario)) return;
  await wait((seconds * 1000) / 2);
  await provider.control('POST', 'revoke', { keys: provider.keys.slice(0, scenario.revokedKeys ?? 0) });
  await provider.control('PUT', 'faults', [{ kind: 'slow', endpoint: 'other', latencyMs: slowMs }]);
}

/**
 * How long it takes until the keys that nothing happened to bring again what they brought before.
 *
 * @param {Scenario} scenario
 * @param {ProviderProcess} provider
 * @param {Record<string, number[]>} admittedPerSecond
 * @param {number} seconds
 */
function recovery({ revokedKeys = 0, slowKeys = 0 }, { keys }, admittedPerSecond, seconds) {
  const rest = keys.slice(revokedKeys, keys.length - slowKeys);
  const sums = Array.from({ length: Math.floor(seconds) }, (_, second) =>
    rest.reduce((sum, key) => sum + (admittedPerSecond[key]?.[second] ?? 0), 0),
  );
  const faultSecond = Math.floor(seconds / 2);
  const before = mean(sums.slice(Math.max(0, faultSecond - secondsBefore), faultSecond));
  let back = null;
  for (let second = faultSecond; second + recoveredSeconds <= sums.length && back === null; second += 1) {
    if (mean(sums.slice(second, second + recoveredSeconds)) >= recoveredShare * before) back = second - faultSecond;
  }
  return {
    recovery_s: back,
    rest_per_second: { before: rounded(before), after: rounded(mean(sums.slice(faultSecond))) },
  };
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** @param {number} value */
function rounded(value) {
  return Number(value.toFixed(2));
}

/**
 * @param {Scenario} scenario
 * @param {readonly Result[]} results
 */
function table({ name, words, perSecond }, results) {
  const columns = [
    'pool',
    'accepted by the provider, /s',
    'answered by the model, /s',
    'refused (429)',
    'answer p50, ms',
    'answer p95, ms',
    'any reply p95, ms',
    'late',
    'lost',
    'processor, s',
    'more',
  ];
  const rows = results.map((result) => [
    result.side,
    result.admitted_per_second,
    result.answered_per_second,
    result.refused,
    result.answer_ms.p50,
    result.answer_ms.p95,
    result.reply_ms.p95,
    result.late,
    result.lost,
    result.cpu_s,
    more(result),
  ]);
  const line = (/** @type {readonly unknown[]} */ cells) => `| ${cells.map((cell) => cell ?? '–').join(' | ')} |`;
  const head = [line(columns), line(columns.map(() => '---'))];
  return [`**${name}** (${words}; ${perSecond}/s)`, '', ...head, ...rows.map(line)].join('\n');
}

/** @param {Result} result */
function more({ overhead_us, by_priority, hedges, recovery_s, rest_per_second, reasons }) {
  const parts = [];
  if (overhead_us !== undefined) parts.push(`overhead p50 ${overhead_us.p50}, p99 ${overhead_us.p99} µs`);
  for (const [priority, { asked, answered }] of Object.entries(by_priority ?? {})) {
    parts.push(`${priority} ${((100 * answered) / Math.max(1, asked)).toFixed(1)} %`);
  }
  if (hedges !== undefined) parts.push(`${hedges} hedges`);
  if (rest_per_second !== undefined) {
    parts.push(`the rest ${rest_per_second.before} → ${rest_per_second.after}/s, back after ${recovery_s ?? '∞'} s`);
  }
  const unanswered = Object.entries(reasons).map(([reason, count]) => `${reason} ${count}`);
  return [...parts, ...(unanswered.length > 0 ? [`unanswered: ${unanswered.join(', ')}`] : [])].join('; ');
}
