/** How many cases a fuzzer draws, and from which seed. */
export interface FuzzSettings {
  readonly numRuns: number
  readonly seed: number
  /** The one case to run: what a failure printed. */
  readonly path?: string
}

/** Longer runs take as long as they take. */
export const fuzzTimeout = (timeoutMs: number): number => (process.env['FUZZ_RUNS'] === undefined ? timeoutMs : 0)

/**
 * What `FUZZ_RUNS` and `FUZZ_SEED` say; what is not said is as given, so that each run of CI draws the same cases. A failure prints
 * the seed and the path that bring it back: give the path as `FUZZ_PATH`, and the test's name with `-t`. `npm run fuzz` draws others.
 */
export const fuzzSettings = ({ numRuns, seed }: FuzzSettings): FuzzSettings => ({
  numRuns: Number(process.env['FUZZ_RUNS'] ?? numRuns),
  seed: Number(process.env['FUZZ_SEED'] ?? seed),
  ...(process.env['FUZZ_PATH'] && { path: process.env['FUZZ_PATH'], endOnFailure: true }),
})
