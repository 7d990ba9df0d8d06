import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the service keeps what it must remember: systemd's state directory, else the user's. */
export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return (
    environment.STATE_DIRECTORY ?? join(environment.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'roadwatch')
  );
}
