/** A camera that somebody wants to have, checked by the schema of the configuration. */
import type { z } from 'zod';
import { expectedAddress } from '../config/camera-address.ts';
import { expectationAt, pathText } from '../config/expectation.ts';
import { refusalText, unknownSettingText } from '../config/refusal-text.ts';
import { valueAt } from '../config/rules.ts';
import type { CameraConfig } from '../config/schema.ts';
import { camera } from '../config/settings/camera-settings.ts';
import { RoadwatchError } from '../errors.ts';

/** What is wrong with one setting of a camera. */
export interface FieldProblem {
  /** `intervalMs`, `zones[0].points[2]`; empty for the camera as a whole. */
  readonly field: string;
  /** `expected …, received …`. Without secrets. */
  readonly message: string;
}

/** A camera that cannot be kept, with everything that is wrong with it (`bad-camera`). */
export class BadCameraError extends RoadwatchError {
  readonly problems: readonly FieldProblem[];

  constructor(problems: readonly FieldProblem[]) {
    super(
      'bad-camera',
      problems.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('\n'),
    );
    this.name = 'BadCameraError';
    this.problems = problems;
  }
}

/** Where every camera stands in the configuration: its descriptions count here, too. */
const cameraPath = ['cameras', 0] as const;

/** The camera with its defaults. Throws `BadCameraError`. */
export function checkCamera(input: unknown, allowFiles: boolean): CameraConfig {
  const parsed = camera.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, input));
    // A setting that breaks several of its rules is told once.
    throw new BadCameraError([...new Map(problems.map((one) => [one.field, one])).values()]);
  }
  const expected = expectedAddress(parsed.data.url, allowFiles);
  if (expected !== undefined) throw new BadCameraError([problem(['url'], expected, parsed.data.url)]);
  return parsed.data;
}

/** A problem with a setting that only its owner can see, such as an id that is taken. */
export function problem(path: readonly (string | number)[], expected: string, received: unknown): FieldProblem {
  return { field: pathText(path), message: refusalText(expected, received, [...cameraPath, ...path]) };
}

function problemsOf(issue: z.core.$ZodIssue, input: unknown): FieldProblem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const fullPath = [...cameraPath, ...path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: pathText([...path, key]), message: unknownSettingText(fullPath, key) }));
  }
  return [problem(path, expectationAt(fullPath), valueAt(input, path))];
}
