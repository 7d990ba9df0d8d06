/** Which files of a model may run, on which execution provider, in the order in which they are tried. */
import { RoadwatchError } from '../errors.ts';
import { type Model, type ModelVariant, type ProviderName, verifyModelFile } from './manifest.ts';
import type { RunPlan } from './run-plan.ts';
import type { ModelCandidate } from './worker-messages.ts';

export interface CandidateOptions {
  readonly providers: readonly ProviderName[];
  readonly planFor: (provider: ProviderName) => RunPlan;
}

/**
 * One candidate a provider: the first variant that is made for it, its file checked. Throws RoadwatchError
 * `model-missing`, `model-hash`, `no-provider`.
 */
export async function chooseCandidates(
  model: Model,
  { providers, planFor }: CandidateOptions,
): Promise<ModelCandidate[]> {
  const candidates: ModelCandidate[] = [];
  const verified = new Set<ModelVariant>();
  for (const provider of providers) {
    const variant = model.manifest.variants.find((one) => one.providers.includes(provider));
    if (!variant) continue;
    if (!verified.has(variant)) await verifyModelFile(model, variant);
    verified.add(variant);
    candidates.push({ provider, path: model.pathOf(variant), plan: planFor(provider) });
  }
  if (candidates.length > 0) return candidates;
  throw new RoadwatchError(
    'no-provider',
    `${model.manifestPath} has no variant for the execution providers ${providers.join(', ')}`,
  );
}
