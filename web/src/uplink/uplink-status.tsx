import type { UplinkData } from '../../../src/server/messages.ts';
import type { PolledStore } from '../connection/polled-store.ts';
import { useTexts } from '../i18n/language.ts';
import { uplinkWords } from './uplink-words.ts';

/** A line on what goes to the brokers; nothing where nothing does, or where it is not known. */
export function UplinkStatus({ uplink }: { uplink: PolledStore<UplinkData> }) {
  const texts = useTexts();
  const outbox = uplink.isStale ? undefined : uplink.data?.outbox;
  if (outbox === undefined) return null;
  const { tone, headline, details } = uplinkWords(outbox, texts);
  return (
    <span class="uplink" role="status" data-tone={tone} title={details.join('\n')} data-testid="uplink">
      {[headline, ...details.slice(0, 1)].join(' ')}
    </span>
  );
}
