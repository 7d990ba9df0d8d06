/**
 * What became of everything that the killed roles were given, as the topics tell it: each accepted id has to have come to
 * something.
 */

/**
 * @typedef {object} Account
 * @property {number} accepted What the role had to make something of.
 * @property {number} given Of these, what something was made of.
 * @property {number} lost The others.
 *
 * @typedef {object} LedgerSources
 * @property {ReadonlySet<string>} onDisk Request ids that a killed box had on its disk.
 * @property {ReadonlyMap<string, string>} fed Request ids that the broker has confirmed to whoever fed it, each with one group.
 * @property {import('./topic-log.js').TopicLog} log
 * @property {import('./joined-log.js').JoinedLog} joined
 */

/**
 * By role; `broker` is what was confirmed and has to be in the topic.
 *
 * @param {LedgerSources} sources
 * @returns {Record<string, Account>}
 */
export function ledger({ onDisk, fed, log, joined }) {
  const {
    'detection-results': detections,
    'assessment-tasks': tasks,
    'risk-assessment-results': results,
  } = log.entries;
  return {
    broker: account(fed.keys(), (requestId) => detections?.has(requestId)),
    detector: account(onDisk, (requestId) => detections?.has(requestId)),
    // Of what cameras saw only what is new becomes a task; of what is fed everything does.
    'task-generator': account(fed.keys(), (requestId) => tasks?.has(`${requestId}_1`)),
    'llm-scheduler': account(tasks?.keys(), (taskId) => results?.has(`${taskId}_result`)),
    'result-aggregator': account(detections?.keys(), (requestId) => joined.has(requestId)),
  };
}

/** @param {Record<string, Account>} accounts */
export function isNothingLost(accounts) {
  return Object.values(accounts).every(({ lost }) => lost === 0);
}

/**
 * @param {Iterable<string> | undefined} ids
 * @param {(id: string) => boolean | undefined} cameTo
 * @returns {Account}
 */
function account(ids, cameTo) {
  const all = [...(ids ?? [])];
  const given = all.filter((id) => cameTo(id) === true).length;
  return { accepted: all.length, given, lost: all.length - given };
}
