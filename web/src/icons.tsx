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
export const ThemeIcon = () => (
  <svg {...shape} aria-hidden="true">
    <circle cx="12" cy="12" r="8" />
    <path d="M12 4v16a8 8 0 0 0 0-16z" fill="currentColor" />
  </svg>
);
