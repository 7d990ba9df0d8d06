import { Outbox } from './outbox.ts';
import type { OutboxOptions } from './outbox-options.ts';
import { openOutboxStore } from './store/open-outbox-store.ts';

/** Resolves when it was tried to open the file; where that failed, it is tried again. */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { settings, clock, lines, workerFile } = options;
  const onTrouble = (code: string, message: string) => lines.write('error', `outbox ${code}`, { code }, message);
  return new Outbox(options, await openOutboxStore(settings, clock, onTrouble, workerFile));
}
