import { RoadwatchError } from '../errors.ts';

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** Where it stood: `config/roadwatch.yaml:12`, `.env:3`, `environment`, `command line`. */
  readonly place: string;
  /** What it is called there: `cameras[3].url`, `ALGO_SERVER_PORT`, `--port`; empty for the file as a whole. */
  readonly key: string;
  /** `expected …, received …`, or what else is wrong. Without secrets. */
  readonly message: string;
}

/** A configuration that cannot be used, with everything that is wrong with it (`bad-configuration`). */
export class ConfigError extends RoadwatchError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super('bad-configuration', problems.map(describeProblem).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

function describeProblem({ place, key, message }: ConfigProblem): string {
  return key === '' ? `${place}: ${message}` : `${place} ${key}: ${message}`;
}
