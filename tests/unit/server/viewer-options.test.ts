import { expect, test } from 'vitest';
import { parseViewerOptions, pictureDemand } from '../../../src/server/viewer-options.ts';

test.each([
  [
    '',
    { frames: 'both', binaryPictures: false, states: false, alerts: false },
    { raw: true, drawn: true, crops: true },
  ],
  [
    'frames=both',
    { frames: 'both', binaryPictures: false, states: false, alerts: false },
    { raw: true, drawn: true, crops: true },
  ],
  [
    'frames=raw',
    { frames: 'raw', binaryPictures: false, states: false, alerts: false },
    { raw: true, drawn: false, crops: true },
  ],
  [
    'frames=drawn',
    { frames: 'drawn', binaryPictures: false, states: false, alerts: false },
    { raw: false, drawn: true, crops: true },
  ],
  [
    'frames=none',
    { frames: 'none', binaryPictures: false, states: false, alerts: false },
    { raw: false, drawn: false, crops: false },
  ],
  [
    'frames=none&pictures=binary',
    { frames: 'none', binaryPictures: true, states: true, alerts: false },
    { raw: true, drawn: false, crops: false },
  ],
  [
    'frames=none&events=state,alert',
    { frames: 'none', binaryPictures: false, states: true, alerts: true },
    { raw: false, drawn: false, crops: false },
  ],
  [
    'events=state&frames=none&token=t',
    { frames: 'none', binaryPictures: false, states: true, alerts: false },
    { raw: false, drawn: false, crops: false },
  ],
] as const)('the query "%s"', (query, options, demand) => {
  expect(parseViewerOptions(query)).toEqual(options);
  expect(pictureDemand(parseViewerOptions(query))).toEqual(demand);
});

test.each(['frames=', 'frames=all', 'frames=RAW'])('%s is refused', (query) => {
  expect(() => parseViewerOptions(query)).toThrow(expect.objectContaining({ code: 'bad-query' }));
});
