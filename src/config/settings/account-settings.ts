import { join } from 'node:path';
import { z } from 'zod';
import { stateFolder } from '../state-folder.ts';
import { text } from './values.ts';

export const accounts = z.strictObject({
  databasePath: text()
    .meta({ defaultText: 'accounts.db in the state folder (STATE_DIRECTORY, else ~/.local/state/roadwatch)' })
    .default(join(stateFolder(), 'accounts.db'))
    .describe('Where accounts, sessions, tokens and the audit log are kept.'),
  idleMinutes: z
    .int()
    .min(1)
    .max(525_600)
    .meta({ unit: 'min' })
    .default(60)
    .describe('A login that nothing uses ends after so long. A page that is open uses it.'),
  longestHours: z
    .number()
    .min(0.01)
    .max(8760)
    .meta({ unit: 'h' })
    .default(168)
    .describe('A login ends after so long, whatever uses it.'),
  auditEntries: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(100_000)
    .describe('Entries of the audit log that are kept; beyond them the oldest go. A thousand take about 150 KiB.'),
});
