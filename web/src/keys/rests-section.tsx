import type { KeyListData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import { ConditionBadge } from './condition-badge.tsx';
import { restWords } from './key-words.ts';

type RestState = KeyListData['groups'][number] | KeyListData['endpoints'][number];

interface RestsSectionProps {
  readonly endpoints: KeyListData['endpoints'];
  readonly groups: KeyListData['groups'];
  readonly nowMs: number;
  readonly timeOf: (applianceMs: number) => number;
}

const endpointTones = { ready: 'good', resting: 'bad', 'on-trial': 'waiting' } as const;
/** A group that rests is no fault. */
const groupTones = { ...endpointTones, resting: 'waiting' } as const;

/** All endpoints, and the quota groups that rest. */
export function RestsSection({ endpoints, groups, nowMs, timeOf }: RestsSectionProps) {
  const texts = useTexts();
  const resting = groups.filter(({ condition }) => condition !== 'ready');
  const times = { nowMs, timeOf };
  return (
    <section class="rests" data-testid="rests">
      <h3 class="part">{texts.endpoints}</h3>
      <ul>
        {endpoints.map((endpoint) => (
          <Rest
            key={endpoint.id}
            name={texts.modelAt(endpoint.model, endpoint.id)}
            words={texts.endpointStates[endpoint.condition]}
            tone={endpointTones[endpoint.condition]}
            state={endpoint}
            {...times}
          />
        ))}
      </ul>
      <h3 class="part">{texts.quotaGroups}</h3>
      {resting.length === 0 ? <p class="hint">{texts.noGroupRests}</p> : null}
      <ul>
        {resting.map((group) => (
          <Rest
            key={group.id}
            name={group.id}
            words={texts.groupStates[group.condition]}
            tone={groupTones[group.condition]}
            state={group}
            {...times}
          />
        ))}
      </ul>
    </section>
  );
}

interface RestProps extends Pick<RestsSectionProps, 'nowMs' | 'timeOf'> {
  readonly name: string;
  readonly words: string;
  readonly tone: 'good' | 'waiting' | 'bad';
  readonly state: RestState;
}

function Rest({ name, words, tone, state, nowMs, timeOf }: RestProps) {
  const texts = useTexts();
  const { condition, cause, detail, untilMs } = state;
  const until = untilMs === undefined ? {} : { untilMs: timeOf(untilMs) };
  return (
    <li data-rest={state.id} data-condition={condition}>
      <div class="row">
        <span class="name">{name}</span>
        <ConditionBadge tone={tone} words={words} />
      </div>
      {condition === 'ready' ? null : (
        <p class="hint">{restWords({ ...(cause && { cause }), ...until }, nowMs, texts)}</p>
      )}
      {detail === undefined ? null : <p class="said">{detail}</p>}
    </li>
  );
}
