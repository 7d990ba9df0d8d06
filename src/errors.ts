/**
 * The one error of Roadwatch: `code` is a stable, machine-readable word (kebab-case), `message` is for people and
 * says what was expected, what came and where. Neither ever carries credentials.
 */
export class RoadwatchError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RoadwatchError';
    this.code = code;
  }
}

/** The `code` of any thrown value: its own where it has one, else `internal`. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
}

/** The message of any thrown value. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
