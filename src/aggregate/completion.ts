/** A promise, and what resolves it. */
export interface Completion {
  readonly promise: Promise<void>;
  readonly complete: () => void;
}

/** `Promise.withResolvers()`, which Node.js 20 does not have. */
export function completion(): Completion {
  let complete = () => {};
  const promise = new Promise<void>((resolve) => {
    complete = resolve;
  });
  return { promise, complete };
}
