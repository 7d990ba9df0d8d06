/** Settings with which whatever the rules find is an alert, on any footage. */
export const everythingIsAnAlert = {
  risk: { thresholds: { low: 0.01, medium: 0.02, high: 0.03 } },
  alerts: { minLevel: 'low' },
} as const;
