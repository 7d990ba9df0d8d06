import { useEffect, useRef } from 'preact/hooks';
import type { KeyListData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import { momentWords } from '../i18n/moments.ts';
import { CloseIcon } from '../icons.tsx';
import { JudgeSection } from './judge-section.tsx';
import { KeyCard } from './key-card.tsx';
import type { KeyStore } from './key-store.ts';
import { toneOf } from './key-words.ts';
import { PoolSection } from './pool-section.tsx';
import { RestsSection } from './rests-section.tsx';

interface KeyPanelProps {
  readonly store: KeyStore;
  readonly nowMs: number;
  readonly onClose: () => void;
}

/** Who judges now, and how the API keys and what they share stand. Looked at anew every two seconds while it is open. */
export function KeyPanel({ store, nowMs, onClose }: KeyPanelProps) {
  const texts = useTexts();
  const listRef = useRef<HTMLDivElement>(null);
  useEffect(() => {
    store.watch(true);
    // What was asked for is read on with the arrow keys.
    listRef.current?.focus();
    return () => store.watch(false);
  }, [store]);
  const { data } = store;
  const timeOf = (applianceMs: number) => store.pageTimeMs(applianceMs);
  return (
    <aside
      class="panel keys"
      aria-label={texts.keys}
      data-testid="keys"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header>
        <h2>{texts.keys}</h2>
        <span class="space" />
        <button type="button" class="icon close" aria-label={texts.hideKeys} title={texts.hideKeys} onClick={onClose}>
          <CloseIcon />
        </button>
      </header>
      {store.isStale ? (
        <p class="panel-fault" role="status" data-testid="keys-stale">
          {data === undefined ? texts.keysFailed : texts.notUpToDate(momentWords(store.receivedAtMs, nowMs))}
        </p>
      ) : null}
      {data?.fileProblem === undefined ? null : (
        <div class="panel-fault" role="alert" data-testid="key-file-problem">
          <p>{texts.fileProblem(momentWords(timeOf(data.fileProblem.sinceMs), nowMs))}</p>
          <p class="said">{data.fileProblem.message}</p>
        </div>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section class="list" ref={listRef} tabIndex={0} aria-label={texts.keys} data-stale={store.isStale}>
        {data === undefined ? <Waiting isStale={store.isStale} /> : <Contents {...{ data, nowMs, timeOf }} />}
      </section>
    </aside>
  );
}

function Waiting({ isStale }: { isStale: boolean }) {
  const texts = useTexts();
  return isStale ? null : <p class="none">{texts.loading}</p>;
}

interface ContentsProps {
  readonly data: KeyListData;
  readonly nowMs: number;
  /** A moment of the appliance's clock by the page's. */
  readonly timeOf: (applianceMs: number) => number;
}

function Contents({ data, nowMs, timeOf }: ContentsProps) {
  const texts = useTexts();
  const { judge, lastMinute, keys, groups, endpoints, pool } = data;
  const usable = keys.filter(({ condition }) => toneOf(condition) === 'good').length;
  return (
    <>
      <JudgeSection judge={judge} lastMinute={lastMinute} keys={keys} nowMs={nowMs} timeOf={timeOf} />
      {keys.length === 0 || pool === undefined ? null : (
        <>
          <PoolSection pool={pool} nowMs={nowMs} timeOf={timeOf} />
          <RestsSection endpoints={endpoints} groups={groups} nowMs={nowMs} timeOf={timeOf} />
          <section aria-label={texts.keys}>
            <h3 class="part">
              {texts.keys} <span data-testid="keys-usable">{texts.keysUsable(usable, keys.length)}</span>
            </h3>
            <ol>
              {troubledFirst(keys).map((key, index) => (
                // A key whose secret was changed is there twice for a while.
                <li key={`${key.id} ${index}`}>
                  <KeyCard apiKey={key} nowMs={nowMs} timeOf={timeOf} />
                </li>
              ))}
            </ol>
          </section>
        </>
      )}
    </>
  );
}

/** Those that want to be looked at stand before the others; apart from that, the order of their file. */
function troubledFirst(keys: KeyListData['keys']): KeyListData['keys'] {
  const isGood = ({ condition }: KeyListData['keys'][number]) => toneOf(condition) === 'good';
  return [...keys.filter((key) => !isGood(key)), ...keys.filter(isGood)];
}
