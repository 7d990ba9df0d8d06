/** What somebody may do, the least first: each level may do what those before it may. */
export const accessLevels = ['public', 'viewer', 'operator', 'admin'] as const;

/** `public` is everybody who reaches the port. */
export type AccessLevel = (typeof accessLevels)[number];

/** What an account or a token can be given. */
export type Role = Exclude<AccessLevel, 'public'>;

export function mayDo(has: AccessLevel, needs: AccessLevel): boolean {
  return accessLevels.indexOf(has) >= accessLevels.indexOf(needs);
}
