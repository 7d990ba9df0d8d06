/** What the process's exit code says; docs/cli.md lists the same. */
export const exitCodes = {
  ok: 0,
  /** The command could not do its work. */
  failure: 1,
  /** Wrong arguments, or a configuration that cannot be used. */
  usage: 2,
  /** Part of the work was done: a file or a camera did not work, the others did. */
  partial: 3,
  /** Ended by Ctrl-C or SIGTERM before the work was done. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
