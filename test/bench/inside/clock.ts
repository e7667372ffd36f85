/**
 * Milliseconds that this thread has worked, where that can be known (Node); else that have passed. What other programs do on
 * the machine is not in the first; but it is coarse, some milliseconds on some machines.
 */
export const workedMs = (): number => {
  const usage = globalThis.process?.threadCpuUsage?.()
  return usage ? (usage.user + usage.system) / 1000 : performance.now()
}
