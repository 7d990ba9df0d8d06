import type { CameraTestData } from '../../../src/server/messages.ts';
import { shortNumber } from './numbers.ts';

type Stream = CameraTestData['stream'];

const seconds = (ms: number) => `${shortNumber(ms / 1000)} s`;

export const cameraSettingsEn = {
  title: 'Cameras',
  open: 'Set up cameras',
  add: 'Add a camera',
  edit: 'Edit',
  editCamera: (name: string) => `Edit ${name}`,
  back: 'Back',
  save: 'Save',
  saving: 'Saving…',
  loading: 'Loading…',
  loadFailed: 'The cameras could not be loaded.',
  none: 'There is no camera yet.',
  fromFile: 'from the configuration file',
  fromFileHint: 'It stands in the configuration file, and is changed there.',
  shadowed: 'does not run: the configuration file has one with this id',
  disabled: 'off',
  every: (ms: number) => `every ${seconds(ms)}`,
  zoneCount: (count: number) => (count === 1 ? '1 zone' : `${count} zones`),
  moveUp: (name: string) => `Move ${name} up`,
  moveDown: (name: string) => `Move ${name} down`,
  moved: (name: string, place: number) => `${name} is number ${place} now`,
  remove: 'Remove',
  removeCamera: (name: string) => `Remove ${name}`,
  removeQuestion: (name: string) => `Remove ${name}? Its settings and zones are deleted; past alerts stay.`,
  address: 'Address',
  addressHint: 'The camera’s manual, or its own page, tells it: look for RTSP.',
  user: 'User name',
  password: 'Password',
  passwordKept: 'The password is kept unless you enter another.',
  test: 'Test',
  testing: 'Looking at the camera for up to 15 seconds…',
  testFailed: 'The test could not be made.',
  works: 'It works.',
  snapshot: 'Picture from the camera',
  codec: 'Format',
  resolution: 'Resolution',
  frameRate: 'Frames',
  perSecond: (value: number) => `${shortNumber(value)} a second`,
  keyframes: 'Keyframes',
  keyframesEvery: (gopMs: number | undefined, watchedMs: number) =>
    gopMs === undefined
      ? watchedMs > 0
        ? `fewer than two in ${seconds(watchedMs)}`
        : undefined
      : `every ${seconds(gopMs)}`,
  bitRate: 'Data',
  megabits: (bitsPerSecond: number) => `${shortNumber(bitsPerSecond / 1e6)} Mbit/s`,
  /** By code: what is, and what to set on the camera. */
  advice: {
    'no-picture': () =>
      'No picture could be decoded. Set the camera to H.264, and a keyframe (I-frame, GOP) at least every 2 seconds.',
    'keyframes-rare': (stream: Stream, frames?: number) =>
      `Keyframes come more rarely${stream?.gopMs === undefined ? '' : ` (every ${seconds(stream.gopMs)})`} than the camera is analysed, which costs processor time. On the camera, set the keyframe interval (GOP, I-frame interval) ${frames === undefined ? 'lower' : `to ${frames} frames or less`}.`,
    'gradual-refresh': () =>
      'The camera refreshes its picture bit by bit, so all of it is decoded. Switch “intra refresh” off on the camera.',
    'no-live-video': (stream: Stream) =>
      `Most browsers cannot play ${stream?.codec === 'hevc' ? 'H.265' : (stream?.codec ?? 'this format')}: this page shows pictures instead of live video. For live video, set the camera to H.264.`,
    'picture-large': (stream: Stream) =>
      `${stream?.imageWidth} × ${stream?.imageHeight} costs much processor time and sees no more. Use a smaller stream of the camera, such as 1920 × 1080.`,
    'bit-rate-high': () =>
      'It takes much of the network. 2 to 4 Mbit/s are enough for 1080p: lower the bit rate on the camera.',
  } as Record<string, (stream: Stream, frames?: number) => string>,
  name: 'Name',
  id: 'Id',
  idHint: 'By it other programs know the camera; it stays.',
  interval: 'Analysed every (seconds)',
  priority: 'Priority',
  priorityHint: 'With too much to do, a camera of priority 2 is slowed down half as much.',
  transport: 'Video travels by',
  transports: { tcp: 'TCP (reliable)', udp: 'UDP' } as Record<string, string>,
  asConfigured: (value: string) => `as for all: ${value}`,
  more: 'More settings',
  enabled: 'On',
  zones: 'Zones',
  zonesHint:
    'Pull the corners; pull a small dot to make a new one. By keyboard: arrows move a corner, Enter adds one, Delete removes it. A road user is where its box ends below.',
  noZones: 'Road users count everywhere in the picture.',
  noPicture: 'Zones are drawn on the camera’s picture: test the camera to get one.',
  zonesOnPicture: 'Zones on the picture',
  zoneName: (number: number) => `Zone ${number}`,
  zoneNameLabel: 'Name of the zone',
  zoneKind: 'What the zone does',
  zoneKinds: { include: 'Only here road users count', ignore: 'Here they do not count' },
  addZone: 'Add a zone',
  removeZone: (name: string) => `Remove ${name}`,
  corner: (number: number, zone: string, x: number, y: number) =>
    `Corner ${number} of ${zone}: ${x} % from left, ${y} % from top`,
  /** By code. */
  refusals: {
    'camera-exists': 'There is a camera with this id already.',
    'too-many-cameras': 'The box has as many cameras as it may (maxCameras).',
    'disk-full': 'The appliance’s disk is full: it is not saved.',
    'store-unwritable': 'The appliance could not save it. See the log.',
    'store-busy': 'Another program is changing the cameras. Try again.',
    'store-newer': 'A newer version made the list of cameras. Update this one.',
    'store-unreadable': 'The list of cameras cannot be read. See the log.',
    'from-file': 'It stands in the configuration file, and is changed there.',
    busy: 'Too many cameras are being tested. Try again in a moment.',
  } as Record<string, string>,
  notSaved: 'It is not saved.',
};

export type CameraSettingsTexts = typeof cameraSettingsEn;
