import type { KeyEntry, KeyFile } from './key-file-schema.ts';
import type { EndpointSpec, GroupSpec, KeySet, KeySpec, QuotaLimits } from './key-set.ts';
import type { Secret } from './secret.ts';

const secondMs = 1000;

/**
 * What a key file says, complete: each key with its endpoint and its group, each group with its limits. A group that
 * says nothing of a limit has the greatest of its keys'. Providers count each model apart: a group whose keys use
 * several endpoints becomes one for each.
 */
export function buildKeySet(
  file: KeyFile,
  { secrets, defaultEndpoint }: { readonly secrets: readonly Secret[]; readonly defaultEndpoint: EndpointSpec },
): KeySet {
  const endpoints = endpointsOf(file, defaultEndpoint);
  const firstEndpoint = endpoints[0]?.id ?? defaultEndpoint.id;
  const endpointOf = (entry: KeyEntry) => entry.endpoint ?? firstEndpoint;
  const groupOf = groupNames(file.api_keys, endpointOf);
  const keys = file.api_keys.map(
    (entry, index): KeySpec => ({
      id: entry.id,
      secret: secrets[index] as Secret,
      priority: entry.priority,
      group: groupOf(entry),
      endpoint: endpointOf(entry),
      limits: { requestsPerSecond: entry.qps_limit, requestsPerMinute: entry.rpm_limit },
    }),
  );
  const { cooling } = file;
  return {
    endpoints,
    groups: groupsOf(file, groupOf),
    keys,
    ...(file.selection_strategy === undefined ? {} : { strategy: file.selection_strategy }),
    ...(cooling === undefined
      ? {}
      : { cooling: { minMs: cooling.min_cooldown * secondMs, maxMs: cooling.max_cooldown * secondMs } }),
  };
}

function endpointsOf({ endpoints }: KeyFile, defaultEndpoint: EndpointSpec): EndpointSpec[] {
  if (endpoints.length === 0) return [defaultEndpoint];
  return endpoints.map(({ id, base_url, model, structured_output }) => ({
    id,
    baseUrl: base_url,
    model,
    structuredOutput: structured_output,
  }));
}

function groupNames(
  entries: readonly KeyEntry[],
  endpointOf: (entry: KeyEntry) => string,
): (entry: KeyEntry) => string {
  const named = (entry: KeyEntry) => entry.quota_group ?? entry.id;
  return (entry) => {
    const endpoints = new Set(entries.filter((other) => named(other) === named(entry)).map(endpointOf));
    return endpoints.size === 1 ? named(entry) : `${named(entry)}/${endpointOf(entry)}`;
  };
}

function groupsOf({ api_keys, quota_groups }: KeyFile, groupOf: (entry: KeyEntry) => string): GroupSpec[] {
  return [...new Set(api_keys.map(groupOf))].map((id) => {
    const members = api_keys.filter((entry) => groupOf(entry) === id);
    const said = quota_groups.find((group) => group.id === members[0]?.quota_group);
    return {
      id,
      limits: withoutNothing({
        requestsPerSecond: said?.qps_limit ?? greatest(members.map(({ qps_limit }) => qps_limit)),
        requestsPerMinute: said?.rpm_limit ?? greatest(members.map(({ rpm_limit }) => rpm_limit)),
        tokensPerMinute: said?.tpm_limit ?? greatest(members.map(({ tpm_limit }) => tpm_limit)),
      }),
    };
  });
}

function greatest(values: readonly (number | undefined)[]): number | undefined {
  const given = values.filter((value) => value !== undefined);
  return given.length === 0 ? undefined : Math.max(...given);
}

function withoutNothing(limits: { [Name in keyof QuotaLimits]: QuotaLimits[Name] | undefined }): QuotaLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
