/** Why the server ends a WebSocket connection (RFC 6455; from 4000 on, our own). */
export const closeCodes = {
  goingAway: 1001,
  policyViolation: 1008,
  tryAgainLater: 1013,
  /** The session or token has ended, or its role has changed. */
  loggedOut: 4401,
} as const;
