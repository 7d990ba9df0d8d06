/**
 * The whole way, from a file to objects and groups, against an independent one: tests/reference/whole_way.py goes it in
 * NumPy, and its outputs are recorded. Figures are printed.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Findings,
  judge,
  type PairRule,
  pairObjects,
  sumOf,
  type Thresholds,
  type Verdict,
} from './whole-way/pairing.ts';
import { detect, type ProductResult } from './whole-way/product.ts';
import {
  type FoundGroup,
  type FoundObject,
  inputs,
  nameOf,
  type RecordedInput,
  samplePositions,
  settings,
  tensorSamples,
} from './whole-way/recorded.ts';
import { decodePlanes, letterbox, sha256 } from './whole-way/tensors.ts';

const sameObject: PairRule = { minIou: 0.95, maxConfidenceDifference: 0.02 };
const samePlace: PairRule = { minIou: 0.5, maxConfidenceDifference: 1 };
const thresholds: Thresholds = { ...settings, margin: settings.faintMargin };
const greyLevel = 1 / 255;
const runLimitMs = 120_000;

/** An input with what the product found in it. */
interface Comparison {
  readonly input: RecordedInput;
  readonly product: ProductResult;
  readonly productFindings: Findings;
  readonly referenceFindings: Findings;
  readonly openCvFindings: Findings;
}

let comparisons: Comparison[];

beforeAll(async () => {
  const results = await detect(inputs, settings.confidence);
  const withFaint = await detect(inputs, settings.confidence - settings.faintMargin);
  expect(results).toHaveLength(inputs.length);
  expect(withFaint).toHaveLength(inputs.length);
  comparisons = inputs.map((input, index) => compare(input, at(results, index), at(withFaint, index)));
}, runLimitMs);

function compare(input: RecordedInput, product: ProductResult, withFaint: ProductResult): Comparison {
  const faintObjects = withFaint.objects.filter(({ confidence }) => confidence <= settings.confidence);
  return {
    input,
    product,
    productFindings: { objects: product.objects, faintObjects },
    referenceFindings: { objects: input.objects, faintObjects: input.faintObjects },
    openCvFindings: { objects: input.openCvObjects, faintObjects: input.openCvFaintObjects },
  };
}

describe('the whole way, against one in NumPy', () => {
  it('is compared on at least twenty pictures and ten frames of each clip', () => {
    expect(inputs.filter(({ intervalMs }) => intervalMs === 0).length).toBeGreaterThanOrEqual(20);
    for (const clip of ['highway', 'market-street-1906', 'street-walkers']) {
      expect(inputs.filter(({ file }) => file === `demo/${clip}.mp4`)).toHaveLength(10);
    }
  });

  it('analyses the same pictures and frames', () => {
    for (const { input, product } of comparisons) {
      expect(product.file.endsWith(input.file), `${product.file} is ${input.file}`).toBe(true);
      expect(product.frameTimeMs, nameOf(input)).toBeCloseTo(input.frameTimeMs, 0);
      expect([product.widthPx, product.heightPx], nameOf(input)).toEqual([input.planes.widthPx, input.planes.heightPx]);
    }
  });

  it('fills the model’s input as docs/letterbox.md says', { timeout: runLimitMs }, () => {
    const samples = tensorSamples();
    const shares = inputs.map((input, index) => shareOfEqualValues(input, at(samples, index)));
    const lowest = Math.min(...shares);
    report(
      `values of the model's input within 1/255: ${percent(mean(shares))}, in the worst picture ${percent(lowest)}`,
    );
    expect(lowest).toBeGreaterThanOrEqual(0.999);
  });

  it('finds the same objects', () => {
    const ours = sumOf(
      comparisons.map((one) => judge(one.productFindings, one.referenceFindings, sameObject, thresholds)),
    );
    const theirs = sumOf(
      comparisons.map((one) => judge(one.referenceFindings, one.productFindings, sameObject, thresholds)),
    );
    reportShares('with NumPy, at IoU 0.95 and scores within 0.02', ours, theirs);
    expect(shareOf(ours)).toBeGreaterThanOrEqual(0.99);
    expect(shareOf(theirs)).toBeGreaterThanOrEqual(0.99);
  });

  it('groups them alike', () => {
    const comparable = comparisons.filter(({ product, input }) => allPaired(product.objects, input.objects));
    report(`groups compared in ${comparable.length} of ${comparisons.length} pictures and frames`);
    expect(comparable.length).toBeGreaterThanOrEqual(0.9 * comparisons.length);
    for (const { product, input } of comparable) {
      expect(groupsInReference(product, input), nameOf(input)).toEqual(input.groups.map(membersKey).sort());
    }
  });

  it('agrees with OpenCV’s reading and scaling, as far as the model lets it', () => {
    const ours = sumOf(comparisons.map((one) => judge(one.productFindings, one.openCvFindings, samePlace, thresholds)));
    const theirs = sumOf(
      comparisons.map((one) => judge(one.openCvFindings, one.productFindings, samePlace, thresholds)),
    );
    reportShares('with OpenCV, at IoU 0.5', ours, theirs);
    expect(shareOf(ours)).toBeGreaterThanOrEqual(0.97);
    expect(shareOf(theirs)).toBeGreaterThanOrEqual(0.97);
  });
});

/** Where ffmpeg gives other planes than it gave then, only the tensor's samples can be compared. */
function shareOfEqualValues(input: RecordedInput, expected: Float32Array): number {
  const planes = decodePlanes(input);
  const tensor = letterbox(planes, input.planes);
  const { heightPx, widthPx } = input.tensor;
  expect(tensor, nameOf(input)).toHaveLength(3 * heightPx * widthPx);
  if (sha256(planes) === input.planes.sha256 && sha256(tensor) === input.tensor.sha256) return 1;
  const positions = samplePositions(tensor.length);
  const near = positions.filter(
    (position, sample) => Math.abs(at(tensor, position) - at(expected, sample)) <= greyLevel,
  );
  return near.length / positions.length;
}

function allPaired(ones: readonly FoundObject[], others: readonly FoundObject[]): boolean {
  return ones.length === others.length && pairObjects(ones, others, sameObject).length === ones.length;
}

/** The product's groups, their members named by the reference's positions; all of them are paired. */
function groupsInReference(product: ProductResult, input: RecordedInput): string[] {
  const positions = new Map(pairObjects(product.objects, input.objects, sameObject));
  return product.groups
    .map(({ members, bbox }) => ({ bbox, members: members.map((member) => positions.get(member) ?? -1) }))
    .map(membersKey)
    .sort();
}

function membersKey({ members }: Pick<FoundGroup, 'members'>): string {
  return members.toSorted((a, b) => a - b).join(' ');
}

function shareOf({ paired, judged }: Verdict): number {
  return paired / judged;
}

function reportShares(what: string, ours: Verdict, theirs: Verdict): void {
  const line = (whose: string, verdict: Verdict) =>
    `${whose} ${percent(shareOf(verdict))} (${verdict.paired} of ${verdict.judged}, ${verdict.leftOut} near a threshold)`;
  report(`objects that pair ${what}: ${line('of ours', ours)}, ${line('of theirs', theirs)}`);
}

function report(figures: string): void {
  console.info(figures);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function at<T>(values: { readonly [index: number]: T }, index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error(`expected a value at ${index}`);
  return value;
}
