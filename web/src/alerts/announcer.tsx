import { useEffect, useState } from 'preact/hooks';
import type { AlertData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import type { AlertSound } from './alert-sound.ts';
import type { AlertStore } from './alert-store.ts';

interface AnnouncerProps {
  readonly store: AlertStore;
  readonly sound: AlertSound;
  readonly nameOf: (cameraId: string) => string;
}

/** Tells of new alerts those who do not look: by sound where it is on, and in words to screen readers. */
export function Announcer({ store, sound, nameOf }: AnnouncerProps) {
  const texts = useTexts();
  const [news, setNews] = useState<AlertData>();
  useEffect(
    () =>
      store.onNews((alert) => {
        setNews(alert);
        sound.play(alert.level);
      }),
    [store, sound],
  );
  const words = news && texts.announcement(texts.levels[news.level], nameOf(news.cameraId), news.description);
  return (
    <>
      <p class="hidden" role="status" aria-live="polite" data-testid="announcement">
        {news?.level === 'high' ? '' : words}
      </p>
      <p class="hidden" role="alert" aria-live="assertive" data-testid="urgent">
        {news?.level === 'high' ? words : ''}
      </p>
    </>
  );
}
