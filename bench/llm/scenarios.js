/** The loads of `npm run bench -- llm`, and what is to be reached with each. */

/** Longer than the slowest answer of a usual call, shorter than a straggler. */
const deadlineMs = 4500;
const mixed = { high: 0.2, medium: 0.3, low: 0.5 };

/**
 * @typedef {'roadwatch' | 'litellm' | 'sleeping'} SideName
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} words
 * @property {readonly SideName[]} sides
 * @property {{keys: number, accounts: number, perSecond: number}} provider
 * @property {number} perSecond Questions.
 * @property {number} maxInFlight
 * @property {number} deadlineMs
 * @property {Record<'high' | 'medium' | 'low', number>} priorities
 * @property {number} [slowKeys] The last keys are at an endpoint of their own, which becomes slow half-way.
 * @property {number} [revokedKeys] The first keys, revoked half-way.
 */

const tenOfTen = { keys: 10, accounts: 10, perSecond: 10 };
/** @type {readonly SideName[]} */
const all = ['roadwatch', 'litellm', 'sleeping'];

/** @type {readonly Scenario[]} */
export const scenarios = [
  {
    name: 'separate',
    words: '10 keys of 10/s in 10 groups, 150/s asked',
    sides: all,
    provider: tenOfTen,
    perSecond: 150,
    maxInFlight: 160,
    deadlineMs,
    priorities: mixed,
  },
  {
    name: 'shared',
    words: '10 keys in one group of 20/s, 30/s asked',
    sides: all,
    provider: { keys: 10, accounts: 1, perSecond: 20 },
    perSecond: 30,
    maxInFlight: 50,
    deadlineMs,
    priorities: mixed,
  },
  {
    name: 'sixty',
    words: '10 keys of 10/s in 10 groups, at 60 % of that',
    sides: all,
    provider: tenOfTen,
    perSecond: 60,
    maxInFlight: 160,
    deadlineMs,
    priorities: mixed,
  },
  {
    name: 'overload',
    words: 'three times what the keys bear, 300/s asked',
    sides: ['roadwatch'],
    provider: tenOfTen,
    perSecond: 300,
    maxInFlight: 160,
    deadlineMs,
    priorities: mixed,
  },
  {
    name: 'faults',
    words: 'two of ten keys revoked and two at an endpoint that becomes slow, half-way; 150/s asked',
    sides: all,
    provider: tenOfTen,
    perSecond: 150,
    maxInFlight: 160,
    deadlineMs,
    priorities: mixed,
    slowKeys: 2,
    revokedKeys: 2,
  },
  {
    name: 'overhead',
    words: '50 in flight: the pool itself, from choosing a key to the socket',
    sides: ['roadwatch'],
    provider: tenOfTen,
    perSecond: 80,
    maxInFlight: 50,
    deadlineMs,
    priorities: mixed,
  },
];

export const scenarioNames = scenarios.map(({ name }) => name);
