/** Why the server ends a WebSocket connection (RFC 6455). */
export const closeCodes = { goingAway: 1001, policyViolation: 1008, tryAgainLater: 1013 } as const;
