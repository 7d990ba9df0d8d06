/**
 * Which kinds of risk are one danger under two names. A model words the same scene a little differently each time, in the
 * language it was asked in: "tailgating" now, "车距过近" the next time. Types that mention the same matter are kindred.
 */

/** By matter, what its names have in them. */
const matters: readonly RegExp[] = [
  // Two who are, or soon will be, too close to each other.
  /clos(e|ing)|distance|proximity|tailgat|collision|conflict|near miss|approach|time to|距|近|碰撞|追尾|冲突/,
  // Somebody unprotected among vehicles.
  /pedestrian|vulnerable|cyclist|rider|jaywalk|child|bicycle|yield|行人|弱势|骑行|横穿|非机动车|礼让/,
  // How fast.
  /speeding|too fast|brak|超速|急刹/,
  // Where, or when, one may not drive.
  /wrong way|lane|overtak|red light|signal|逆行|变道|超车|闯红灯|车道/,
  // What stands or lies in the way.
  /park|obstacle|load|accident|停车|障碍|货物|事故/,
  // Too many at once.
  /crowd|congest|dens|拥|密集|人群/,
];

/** Says that there is a danger and not which. */
const unspecific = new Set(['other', 'unknown', '其他', '其他危险']);

/** Whether two lists of kinds name the same danger; one that names nothing may be any. */
export function areKindred(one: readonly string[], other: readonly string[]): boolean {
  const [names, otherNames] = [specificNames(one), specificNames(other)];
  if (names.length === 0 || otherNames.length === 0) return true;
  const known = new Set(names.flatMap((name) => [name, ...mattersOf(name)]));
  return otherNames.some((name) => [name, ...mattersOf(name)].some((matter) => known.has(matter)));
}

function specificNames(types: readonly string[]): string[] {
  return types.map(plainName).filter((name) => name !== '' && !unspecific.has(name));
}

/** What it tells of, each by its number; the same in both languages. */
function mattersOf(name: string): number[] {
  return matters.flatMap((matter, index) => (matter.test(name) ? index : []));
}

function plainName(type: string): string {
  return type
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .trim();
}
