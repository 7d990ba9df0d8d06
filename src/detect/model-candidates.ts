/** Which files of a model may run, on which execution provider, in the order in which they are tried. */
import { RoadwatchError } from '../errors.ts';
import { readCpuFeatures } from './cpu-features.ts';
import { type Model, type ModelVariant, type ProviderName, verifyModelFile } from './manifest.ts';
import { chooseVariant, type PrecisionChoice } from './precision.ts';
import type { RunPlan } from './run-plan.ts';
import type { ModelCandidate } from './worker-messages.ts';

export interface CandidateOptions {
  readonly providers: readonly ProviderName[];
  readonly precision: PrecisionChoice;
  readonly planFor: (provider: ProviderName) => RunPlan;
  /** This machine's unless given. */
  readonly cpuFeatures?: ReadonlySet<string>;
}

/**
 * One candidate a provider: the variant that suits it, its file checked. Throws RoadwatchError `model-missing`,
 * `model-hash`, `no-variant`.
 */
export async function chooseCandidates(
  model: Model,
  { providers, precision, planFor, cpuFeatures = readCpuFeatures() }: CandidateOptions,
): Promise<ModelCandidate[]> {
  const candidates: ModelCandidate[] = [];
  const verified = new Set<ModelVariant>();
  for (const provider of providers) {
    const found = chooseVariant(model.manifest.variants, { provider, choice: precision, cpuFeatures });
    if (!found) continue;
    const { variant, reason } = found;
    if (!verified.has(variant)) await verifyModelFile(model, variant);
    verified.add(variant);
    const path = model.pathOf(variant);
    candidates.push({ provider, path, precision: variant.precision, reason, plan: planFor(provider) });
  }
  if (candidates.length > 0) return candidates;
  const offered = model.manifest.variants.map((variant) => `${variant.precision} for ${variant.providers.join(', ')}`);
  const asked = precision === 'auto' ? '' : ` in ${precision} (detector.precision)`;
  throw new RoadwatchError(
    'no-variant',
    `expected a variant for ${providers.join(', ')}${asked}; ${model.manifestPath} has ${offered.join('; ')}`,
  );
}
