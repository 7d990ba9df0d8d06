const shape = {
  viewBox: '0 0 24 24',
  width: 18,
  height: 18,
  fill: 'none',
  stroke: 'currentColor',
  'stroke-width': 2,
} as const;

export const EnlargeIcon = () => (
  <svg {...shape} aria-hidden="true">
    <path d="M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7" />
  </svg>
);
export const CloseIcon = () => (
  <svg {...shape} aria-hidden="true">
    <path d="M6 6l12 12M18 6 6 18" />
  </svg>
);
export const PlusIcon = () => (
  <svg {...shape} aria-hidden="true">
    <path d="M12 5v14M5 12h14" />
  </svg>
);
export const UpIcon = () => (
  <svg {...shape} aria-hidden="true">
    <path d="M6 14l6-6 6 6" />
  </svg>
);
export const DownIcon = () => (
  <svg {...shape} aria-hidden="true">
    <path d="M6 10l6 6 6-6" />
  </svg>
);
export const SettingsIcon = () => (
  <svg {...shape} aria-hidden="true">
    <path d="M4 7h10M18 7h2M4 17h2M10 17h10" />
    <circle cx="16" cy="7" r="2" />
    <circle cx="8" cy="17" r="2" />
  </svg>
);
export const ThemeIcon = () => (
  <svg {...shape} aria-hidden="true">
    <circle cx="12" cy="12" r="8" />
    <path d="M12 4v16a8 8 0 0 0 0-16z" fill="currentColor" />
  </svg>
);
export const BellIcon = () => (
  <svg {...shape} aria-hidden="true">
    <path d="M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4" />
  </svg>
);
export const UserIcon = () => (
  <svg {...shape} aria-hidden="true">
    <circle cx="12" cy="8" r="4" />
    <path d="M4 21a8 8 0 0 1 16 0" />
  </svg>
);
export const CheckIcon = () => (
  <svg {...shape} width={15} height={15} aria-hidden="true">
    <path d="M5 13l4 4L19 7" />
  </svg>
);
export const FilterIcon = () => (
  <svg {...shape} width={15} height={15} aria-hidden="true">
    <path d="M4 6h16M7 12h10M10 18h4" />
  </svg>
);
export const SoundIcon = ({ on }: { on: boolean }) => (
  <svg {...shape} aria-hidden="true">
    <path d="M4 10v4h4l5 4V6L8 10z" />
    {on ? <path d="M16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11" /> : <path d="M17 9l5 6M22 9l-5 6" />}
  </svg>
);
export const CalmIcon = () => (
  <svg {...shape} width={40} height={40} stroke-width={1.5} aria-hidden="true">
    <path d="M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z" />
    <path d="M9 12l2 2 4-4" />
  </svg>
);
export const NoPictureIcon = () => (
  <svg {...shape} width={26} height={26} stroke-width={1.5} aria-hidden="true">
    <path d="M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4" />
  </svg>
);

/** Another shape for each level: colours are not seen by everybody. */
const levelShapes = {
  high: 'M8 1l6 6v2l-6 6-6-6V7z',
  medium: 'M8 2l7 12H1z',
  low: 'M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2z',
} as const;
export const LevelIcon = ({ level }: { level: keyof typeof levelShapes }) => (
  <svg viewBox="0 0 16 16" width={11} height={11} aria-hidden="true">
    <path d={levelShapes[level]} fill="currentColor" />
  </svg>
);
export const KeyIcon = () => (
  <svg {...shape} aria-hidden="true">
    <circle cx="8" cy="12" r="4" />
    <path d="M12 12h9v4M17 12v3" />
  </svg>
);

/** Another shape for each: a full circle, a ring, a cross, a dash. */
const conditionShapes = {
  good: <circle cx="8" cy="8" r="5" fill="currentColor" stroke="none" />,
  waiting: <circle cx="8" cy="8" r="5" />,
  bad: <path d="M3 3l10 10M13 3 3 13" />,
  leaving: <path d="M2 8h12" />,
} as const;
export const ConditionIcon = ({ tone }: { tone: keyof typeof conditionShapes }) => (
  <svg
    viewBox="0 0 16 16"
    width={11}
    height={11}
    fill="none"
    stroke="currentColor"
    stroke-width={2.5}
    aria-hidden="true"
  >
    {conditionShapes[tone]}
  </svg>
);
