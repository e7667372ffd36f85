import { startExplainServer } from '../../test/support/explain/server.ts'
import type { Situation } from '../../test/support/explain/situation.ts'
import { situations } from '../../test/support/explain/situations.ts'

/** One way to break it: a situation of the tests for `latchkey/explain`, and where its API is. */
export interface BrokenCase extends Omit<Situation, 'reply'> {
  /** Each run has a folder of its own: put its number in place of `{run}`. */
  readonly folder: string
}

export interface BrokenServers {
  /** One for each cause. */
  readonly cases: readonly BrokenCase[]
  readonly stop: () => Promise<void>
}

/** Servers that answer wrongly, each in its own way: those that the tests explain. */
export async function startBrokenServers(): Promise<BrokenServers> {
  const server = await startExplainServer(situations)
  const chosen = new Map<string, number>()
  for (const [index, { code, place }] of situations.entries()) {
    const known = chosen.get(code)
    // The page of the demo is of another origin than any of them.
    if (known === undefined || (situations[known]?.place === 'same' && place !== 'same')) chosen.set(code, index)
  }
  const cases = [...chosen.values()].flatMap((index): readonly BrokenCase[] => {
    const { reply: _ofTheServer, ...situation } = situations[index] ?? {}
    return 'code' in situation ? [{ ...(situation as Situation), folder: server.folderOf(index, '{run}') }] : []
  })
  return { cases, stop: server.close }
}
