/**
 * Why a group is dangerous, in the words of `riskTypes`. The local rules name only what they can measure; the model
 * may name any of them, and nothing else.
 */

interface RiskTypeWords {
  readonly zh: string;
  readonly en: string;
}

/** What the local rules can find. */
const measured = {
  close_proximity: { zh: '间距过近', en: 'road users are very close to each other for their size' },
  vulnerable_road_user: { zh: '行人或骑行者处于机动车之间', en: 'pedestrians or riders are among motor vehicles' },
  closing_speed: { zh: '快速接近', en: 'road users approach each other fast' },
  collision_course: { zh: '即将碰撞', en: 'a collision is seconds away unless somebody reacts' },
  crowding: { zh: '交通参与者密集', en: 'many road users in little space' },
} as const satisfies Record<string, RiskTypeWords>;

/** What takes a look at the picture. */
const seen = {
  failure_to_yield: { zh: '未礼让', en: 'a driver does not give way' },
  pedestrian_on_roadway: { zh: '行人在车行道上', en: 'a pedestrian walks or stands on the roadway' },
  red_light_running: { zh: '闯红灯', en: 'somebody passes a red light' },
  wrong_way: { zh: '逆行', en: 'somebody moves against the traffic' },
  illegal_lane_use: { zh: '违规占用车道或变道', en: 'a lane is used or changed where that is forbidden' },
  tailgating: { zh: '跟车过近', en: 'a vehicle follows too closely' },
  illegal_parking: { zh: '违规停车阻碍视线或通行', en: 'a parked vehicle blocks the way or the view' },
  unprotected_rider: { zh: '骑行者未戴头盔或违规载人', en: 'a rider without helmet, or too many on one vehicle' },
  unsafe_load: { zh: '货物装载危险', en: 'a load that may fall or blocks the view' },
  road_obstacle: { zh: '路面障碍物', en: 'an obstacle lies on the road' },
  accident: { zh: '已发生事故', en: 'an accident has happened' },
  poor_visibility: { zh: '视线不良', en: 'road users can hardly see each other' },
  other: { zh: '其他危险', en: 'another danger, told in the description' },
} as const satisfies Record<string, RiskTypeWords>;

export type MeasuredRiskType = keyof typeof measured;
export type RiskType = MeasuredRiskType | keyof typeof seen;

/** Every risk type, in words. */
export const riskTypeWords: Readonly<Record<RiskType, RiskTypeWords>> = { ...measured, ...seen };

export const riskTypes = Object.keys(riskTypeWords) as readonly RiskType[];
