/** Which parts of the service run in this process. */
import { type Config, roleNames } from './config/schema.ts';

export type Role = (typeof roleNames)[number];
export type Roles = ReadonlySet<Role>;

export function rolesOf({ kafka }: Pick<Config, 'kafka'>): Roles {
  return new Set(kafka.roles.flatMap((role) => (role === 'all' ? roleNames : [role])));
}
