/** `npm run bench -- cameras …` measures this engine; `compare …` sets it beside the peer. See README.md. */
import { parseArgs } from 'node:util';
import { measureCameras } from './cameras.js';
import { compare } from './compare.js';
import { gating } from './gating.js';

import { scenarioNames } from './llm/scenarios.js';
import { llm } from './llm.js';

import { longGop } from './long-gop.js';
import { overload } from './overload.js';

import { profileNames } from './prepare.js';
import { scale } from './scale.js';
import { soak } from './soak.js';
import { stages } from './stages.js';
import { start } from './start.js';
import { outageModes, streaming, streamingParts } from './streaming.js';
import { viewers } from './viewers.js';

const usage = `usage:
  npm run bench -- cameras --url 'rtsp://…/cam{n}' [--cameras N] [--seconds S] [--interval I]
  npm run bench -- compare [--cameras N] [--seconds S] [--interval I] [--runs R] [--profile 720p|1080p]
  npm run bench -- scale [--sizes N,N…] [--runs R] [--seconds S] [--interval I] [--profile 720p|1080p] [--plot FILE.svg]
  npm run bench -- soak [--cameras N] [--seconds S] [--interval I] [--profile 720p|1080p]
  npm run bench -- viewers [--cameras N] [--seconds S] [--interval I] [--profile 720p|1080p]
  npm run bench -- overload [--cameras N] [--seconds S] [--interval I] [--profile 720p5|720p|1080p]
  npm run bench -- gating
  npm run bench -- llm [--seconds S] [--scenario NAME,…] [--sides roadwatch,litellm,sleeping]
  npm run bench -- streaming kill|broker|latency|scheduler|uplink|all [--kills N] [--outage S] [--modes kafka,uplink] [--seconds S] [--runs R] [--cameras N] [--json]
  npm run bench -- start [--runs R] [--interval I] [--profile 720p|1080p]
  npm run bench -- stages [--interval I] [--profile 720p|1080p]
  npm run bench -- long-gop [--interval I] [--profile 720p|1080p]`;

/** @type {Readonly<Record<string, number>>} */
const usualCameras = { viewers: 100, overload: 300 };
const usualSeconds = 30;
/** Three minutes: longer than any limit of a provider looks back. */
const llmSeconds = 180;

const { values, positionals } = readCommandLine();
const load = {
  cameras: values.cameras === undefined ? (usualCameras[positionals.join(' ')] ?? 1) : count('cameras'),
  seconds: values.seconds === undefined ? usualSeconds : positive('seconds'),
  interval: positive('interval'),
};

if (positionals[0] === 'streaming') {
  await streaming(streamingPart(), {
    kills: count('kills'),
    outage: positive('outage'),
    seconds: load.seconds,
    runs: count('runs'),
    cameras: values.cameras === undefined ? undefined : count('cameras'),
    modes: listed('modes', outageModes),
    print: values.json ? () => {} : (text) => console.log(text),
  });
  process.exit(0);
}

switch (positionals.join(' ')) {
  case 'cameras':
    if (values.url === undefined) fail("expected --url, for example 'rtsp://127.0.0.1:8554/cam{n}'");
    console.log(JSON.stringify(await measureCameras({ ...load, url: values.url })));
    break;
  case 'compare':
    await compare({ ...load, runs: count('runs'), profile: profile() });
    break;
  case 'soak':
    await soak({ ...load, profile: profile() });
    break;
  case 'start':
    await start({ runs: count('runs'), interval: load.interval, profile: profile() });
    break;
  case 'viewers':
    await viewers({ ...load, profile: profile() });
    break;
  case 'overload':
    await overload({ ...load, profile: profile('720p5') });
    break;
  case 'gating':
    await gating();
    break;
  case 'stages':
    await stages({ profile: profile(), interval: load.interval });
    break;
  case 'long-gop':
    await longGop({ profile: profile(), interval: load.interval });
    break;
  case 'llm':
    await llm({
      seconds: values.seconds === undefined ? llmSeconds : positive('seconds'),
      names: listed('scenario', scenarioNames),
      sides: listed('sides', ['roadwatch', 'litellm', 'sleeping']),
    });
    break;
  case 'scale':
    await scale({ ...load, sizes: sizes(), runs: count('runs'), profile: profile(), plotFile: values.plot });
    break;
  default:
    fail(usage);
}

function readCommandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        cameras: { type: 'string' },
        seconds: { type: 'string' },
        scenario: { type: 'string' },
        sides: { type: 'string' },
        interval: { type: 'string', default: '1.8' },
        modes: { type: 'string' },
        json: { type: 'boolean', default: false },
        kills: { type: 'string', default: '50' },
        outage: { type: 'string', default: '60' },
        runs: { type: 'string', default: '3' },
        sizes: { type: 'string', default: '1,2,5,10,20,50,75,100' },
        profile: { type: 'string' },
        plot: { type: 'string' },
      },
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

function profile(usual = '720p') {
  const { profile: name = usual } = values;
  if (profileNames.includes(name)) return name;
  return fail(`expected --profile to be one of ${profileNames.join(', ')}, received ${name}`);
}

function streamingPart() {
  const part = positionals.slice(1).join(' ');
  if (streamingParts.includes(part)) return part;
  return fail(
    `expected streaming to be followed by one of ${streamingParts.join(', ')}, received ${part || 'nothing'}`,
  );
}

function sizes() {
  const numbers = values.sizes.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number > 0)) return numbers;
  return fail(`expected --sizes to be numbers of cameras, such as 1,10,100, received ${values.sizes}`);
}

/**
 * Names out of those that there are, separated by commas; all where none are given.
 *
 * @param {'scenario' | 'sides' | 'modes'} name
 * @param {readonly string[]} known
 */
function listed(name, known) {
  const wanted = values[name]?.split(',') ?? known;
  const unknown = wanted.filter((one) => !known.includes(one));
  if (unknown.length > 0) fail(`expected --${name} to be of ${known.join(', ')}, received ${unknown.join(', ')}`);
  return wanted;
}

/** @param {'cameras' | 'runs' | 'kills'} name */
function count(name) {
  const value = positive(name);
  if (!Number.isInteger(value)) fail(`expected --${name} to be a whole number, received ${values[name]}`);
  return value;
}

/** @param {'cameras' | 'runs' | 'kills' | 'outage' | 'seconds' | 'interval'} name */
function positive(name) {
  const value = Number(values[name]);
  if (!(value > 0 && value < 1e6)) fail(`expected --${name} to be a number above 0, received ${values[name]}`);
  return value;
}

/**
 * @param {string} words
 * @returns {never}
 */
function fail(words) {
  console.error(words);
  process.exit(2);
}
