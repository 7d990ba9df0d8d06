/** In which precision the model is computed: which of its variants a provider gets, and why that one. */
import { fastInt8, fastInt8Features } from './cpu-features.ts';
import type { ModelVariant, Precision, ProviderName } from './manifest.ts';

/** `auto`: as it suits the processor. */
export type PrecisionChoice = 'auto' | Precision;

export interface ChosenVariant {
  readonly variant: ModelVariant;
  /** In words, for the log. */
  readonly reason: string;
}

export interface PrecisionDemand {
  readonly provider: ProviderName;
  readonly choice: PrecisionChoice;
  /** Of this machine's processor: `readCpuFeatures()`. */
  readonly cpuFeatures: ReadonlySet<string>;
}

/**
 * The variant of a model for a provider; none where the model has none for it, or none in the precision that was asked
 * for. `choice` is for CPUs: on a GPU int8 is not faster, so that fp32 is taken whatever was asked for.
 */
export function chooseVariant(
  variants: readonly ModelVariant[],
  { provider, choice, cpuFeatures }: PrecisionDemand,
): ChosenVariant | undefined {
  const fitting = variants.filter((variant) => variant.providers.includes(provider));
  const inPrecision = (precision: Precision) => fitting.find((variant) => variant.precision === precision);
  if (provider !== 'cpu') return chosen(inPrecision('fp32') ?? fitting[0], 'GPUs compute floats as fast');
  if (choice !== 'auto') return chosen(inPrecision(choice), 'detector.precision');
  const feature = fastInt8(cpuFeatures);
  const wanted = feature === undefined ? 'fp32' : 'int8';
  const reason =
    feature === undefined
      ? `this CPU has no instructions for fast int8 (${fastInt8Features.join(', ')})`
      : `this CPU has ${feature}`;
  return chosen(inPrecision(wanted), reason) ?? chosen(fitting[0], `the model has no ${wanted} variant`);
}

function chosen(variant: ModelVariant | undefined, reason: string): ChosenVariant | undefined {
  return variant === undefined ? undefined : { variant, reason };
}
