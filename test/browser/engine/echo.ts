import { inject } from 'vitest'
import type { Arrival } from '../../fuzz/compare-fetch.ts'

interface Settings {
  readonly runs: number
  readonly seed: number
}

declare module 'vitest' {
  interface ProvidedContext {
    fuzz: { readonly [Name in keyof Settings]: number | null }
  }
}

/** What `FUZZ_RUNS` and `FUZZ_SEED` say, else what is given. */
export const fuzz = (otherwise: Settings): Settings => {
  const { runs, seed } = inject('fuzz')
  return { runs: runs ?? otherwise.runs, seed: seed ?? otherwise.seed }
}

/** Longer runs take as long as they take: a test that is given up goes on in the page, and breaks the next. */
export const fuzzLimit = (runs: number): number => (inject('fuzz').runs === null ? 30_000 + runs * 100 : 0)

// The page's own `fetch`: tests replace it.
const { fetch } = globalThis

/** As test/support/fuzz-server.ts serves it. */
const ask = async () =>
  (await (await fetch(`${location.origin}/take-arrivals`)).json()) as {
    readonly arrivals: readonly Arrival[]
    readonly elsewhere: string
  }

/** What has come to the echo servers since it was last asked. */
export const take = async (): Promise<readonly Arrival[]> => (await ask()).arrivals

/** The origin of the echo server that is not the page's. */
export const { elsewhere } = await ask()
