/**
 * What the schema of a single setting cannot say: settings that must fit each other. The rules see settings that the schema may have refused, so that all problems are found at once.
 */
import { expectedAddress } from './camera-address.ts';
import type { ConfigPath } from './expectation.ts';

/** A rule that is broken: what was expected at a path. */
export interface BrokenRule {
  readonly path: ConfigPath;
  readonly expected: string;
}

/** The rules that a configuration breaks, whatever it holds. */
export function brokenRules(candidate: unknown): BrokenRule[] {
  return [
    ...camerasWithoutUsableUrl(candidate),
    ...repeatedCameraIds(candidate),
    ...tooManyCameras(candidate),
    ...reversedLimits(candidate),
    ...kafkaThatDoesNotFit(candidate),
    ...insecureBrokers(candidate),
    ...unusedRedisCa(candidate),
  ];
}

function camerasWithoutUsableUrl(candidate: unknown): BrokenRule[] {
  const allowFiles = valueAt(candidate, ['allowFiles']) === true;
  return listAt(candidate, ['cameras']).flatMap((camera, index) => {
    const url = valueAt(camera, ['url']);
    const expected = typeof url === 'string' ? expectedAddress(url, allowFiles) : undefined;
    return expected === undefined ? [] : { path: ['cameras', index, 'url'], expected };
  });
}

function repeatedCameraIds(candidate: unknown): BrokenRule[] {
  const firstIndexes = new Map<string, number>();
  return listAt(candidate, ['cameras']).flatMap((camera, index) => {
    const id = valueAt(camera, ['id']);
    if (typeof id !== 'string' && typeof id !== 'number') return [];
    const first = firstIndexes.get(String(id));
    if (first === undefined) {
      firstIndexes.set(String(id), index);
      return [];
    }
    return { path: ['cameras', index, 'id'], expected: `an id of its own, other than that of cameras[${first}]` };
  });
}

function tooManyCameras(candidate: unknown): BrokenRule[] {
  const most = valueAt(candidate, ['maxCameras']);
  const cameras = listAt(candidate, ['cameras']).length;
  if (typeof most !== 'number' || cameras <= most) return [];
  return [{ path: ['maxCameras'], expected: `at least ${cameras}, the number of cameras below \`cameras\`` }];
}

function reversedLimits(candidate: unknown): BrokenRule[] {
  const pairs: readonly (readonly [least: ConfigPath, most: ConfigPath])[] = [
    [
      ['source', 'backoff', 'firstMs'],
      ['source', 'backoff', 'maxMs'],
    ],
    [
      ['llm', 'cooling', 'minMs'],
      ['llm', 'cooling', 'maxMs'],
    ],
    [
      ['risk', 'thresholds', 'low'],
      ['risk', 'thresholds', 'medium'],
    ],
    [
      ['risk', 'thresholds', 'medium'],
      ['risk', 'thresholds', 'high'],
    ],
  ];
  return pairs.flatMap(([leastPath, mostPath]) => {
    const least = valueAt(candidate, leastPath);
    const most = valueAt(candidate, mostPath);
    if (typeof least !== 'number' || typeof most !== 'number' || least <= most) return [];
    return { path: mostPath, expected: `at least ${leastPath.join('.')}, which is ${least}` };
  });
}

/** Roles are joined by Kafka; and where it is on, what cameras saw goes to its brokers, by way of the outbox. */
function kafkaThatDoesNotFit(candidate: unknown): BrokenRule[] {
  const enabled = valueAt(candidate, ['kafka', 'enabled']) === true;
  const rules: BrokenRule[] = [];
  if (!enabled && listAt(candidate, ['kafka', 'roles']).some((role) => role !== 'all')) {
    rules.push({ path: ['kafka', 'roles'], expected: '[all] while kafka.enabled is false' });
  }
  if (enabled && valueAt(candidate, ['uplink', 'enabled']) === true) {
    const expected = 'false while kafka.enabled is true: the outbox then takes detections to kafka.bootstrapServers';
    rules.push({ path: ['uplink', 'enabled'], expected });
  }
  return rules;
}

/** A password that would travel unprotected is refused, and so is one that is missing. */
function insecureBrokers(candidate: unknown): BrokenRule[] {
  return ['kafka', 'uplink'].flatMap((section) => {
    const path = [section, 'security'];
    const given = (name: string) => valueAt(candidate, [...path, name]) !== undefined;
    const rules: BrokenRule[] = [];
    const isSasl = valueAt(candidate, [...path, 'protocol']) === 'sasl_ssl';
    for (const name of ['username', 'password']) {
      if (isSasl && !given(name)) rules.push({ path: [...path, name], expected: 'a value, for sasl_ssl' });
      if (!isSasl && given(name))
        rules.push({ path: [...path, 'protocol'], expected: 'sasl_ssl, as user or password are given' });
    }
    if (given('certificateFile') !== given('keyFile')) {
      const missing = given('keyFile') ? 'certificateFile' : 'keyFile';
      rules.push({ path: [...path, missing], expected: 'a file: certificate and key go together' });
    }
    const isTls = isSasl || valueAt(candidate, [...path, 'protocol']) === 'ssl';
    if (!isTls && (given('certificateFile') || given('caFile'))) {
      rules.push({ path: [...path, 'protocol'], expected: 'ssl or sasl_ssl, as certificates are given' });
    }
    return rules;
  });
}

/** Certificates that nothing would be checked by are a mistake. */
function unusedRedisCa(candidate: unknown): BrokenRule[] {
  const url = valueAt(candidate, ['redis', 'url']);
  const isTls = typeof url === 'string' && /^rediss:/i.test(url);
  if (isTls || valueAt(candidate, ['redis', 'caFile']) === undefined) return [];
  return [{ path: ['redis', 'url'], expected: 'rediss://…, as redis.caFile is given' }];
}

function listAt(candidate: unknown, path: ConfigPath): readonly unknown[] {
  const value = valueAt(candidate, path);
  return Array.isArray(value) ? value : [];
}

/** The value at a path of whatever came; nothing where the path leads nowhere. */
export function valueAt(candidate: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    return (value as Record<string | number, unknown>)[part];
  }, candidate);
}
