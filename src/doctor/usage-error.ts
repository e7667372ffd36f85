/** A command that cannot be run as it is given. Its message says what to write instead, and quotes no value: that may be a secret. */
export class UsageError extends Error {}

/** @throws UsageError */
export function assertUsage(good: unknown, message: string): asserts good {
  if (!good) throw new UsageError(message)
}
