/**
 * Which kinds of risk are one danger under two names. A model words the same scene a little differently each time, in the
 * language it was asked in: "tailgating" now, "车距过近" the next time. Types that mention the same matter are kindred.
 */

/** By matter, the words that tell of it; lower case, parts of words. */
const matters: readonly (readonly string[])[] = [
  // Too close to each other.
  [
    'close',
    'distance',
    'proximity',
    'tailgat',
    'collision',
    'conflict',
    'near miss',
    '距',
    '近',
    '碰撞',
    '追尾',
    '冲突',
  ],
  // Somebody unprotected among vehicles.
  [
    'pedestrian',
    'vulnerable',
    'cyclist',
    'jaywalk',
    'person',
    'child',
    'bicycle',
    '行人',
    '弱势',
    '骑行',
    '横穿',
    '非机动车',
  ],
  // How fast.
  ['speed', 'fast', 'approach', 'closing', 'time to', 'ttc', 'brak', '速', '逼近', '急刹'],
  // Where one may not drive.
  [
    'wrong way',
    'lane',
    'overtak',
    'illegal',
    'red light',
    'signal',
    'run light',
    '逆行',
    '变道',
    '超车',
    '违',
    '闯红灯',
    '占道',
  ],
  // Too many at once.
  ['crowd', 'congest', 'dense', 'density', 'many', '拥', '密集', '人群'],
];

/** Whether two lists of kinds name the same danger; one that names nothing may be any. */
export function areKindred(one: readonly string[], other: readonly string[]): boolean {
  if (one.length === 0 || other.length === 0) return true;
  const names = new Set(one.map(plainName));
  if (other.some((type) => names.has(plainName(type)))) return true;
  const of = new Set(one.flatMap(mattersOf));
  return other.some((type) => mattersOf(type).some((matter) => of.has(matter)));
}

/** Its places in `matters`. */
function mattersOf(type: string): number[] {
  const name = plainName(type);
  return matters.flatMap((words, index) => (words.some((word) => name.includes(word)) ? index : []));
}

function plainName(type: string): string {
  return type
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .trim();
}
