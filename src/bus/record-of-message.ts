/** From a message to the record that leaves the process: its name, its urgency, its bytes. */
import type { RiskLevel } from '../detect/detection-message.ts';
import { highestOf } from '../detect/risk-level.ts';
import type { OutgoingRecord } from './outgoing-record.ts';
import type { MessageOf, Topic } from './topics.ts';

interface Traits {
  readonly id: string;
  /** The highest risk that the message tells of. */
  readonly risk: RiskLevel;
}

const traitsOf: { readonly [T in Topic]: (message: MessageOf<T>) => Traits } = {
  'detection-results': ({ requestId, detectedObjects, trafficGroups }) => ({
    id: requestId,
    risk: highestOf([...trafficGroups.map((group) => group.riskLevel), ...detectedObjects.map(({ level }) => level)]),
  }),
  'assessment-tasks': ({ taskId, localJudgement }) => ({ id: taskId, risk: localJudgement?.riskLevel ?? 'none' }),
  'risk-assessment-results': ({ messageId, maxRiskLevel }) => ({ id: messageId, risk: maxRiskLevel }),
};

/** The record of a message that fits its topic. */
export function recordOfMessage<T extends Topic>(topic: T, key: string, message: MessageOf<T>): OutgoingRecord {
  const { id, risk } = traitsOf[topic](message);
  return {
    topic,
    key,
    value: Buffer.from(JSON.stringify(message)),
    id,
    urgency: risk === 'high' ? 'high' : 'normal',
  };
}
