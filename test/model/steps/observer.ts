import type { Edge, Model } from '../engine.ts'
import { tabName, type WorldState } from '../state.ts'
import { isSeenIn, type Observed } from './observed.ts'

/** What was just done to the real tabs. */
export interface Deed {
  /** Whose step it was: what that tab does of itself may follow. */
  readonly tab: number | null
  /** An edge of the model that this is, by the beginning of its label; `null`: whatever the tab does of itself. */
  readonly edge: string | null
  /** The store did a compare-and-set for that tab: only then, and once, may the model's tab write to the record. */
  readonly writes?: boolean
  readonly description: string
}

/** Follows the real tabs through the model, in all the states they may be in. */
export interface Observer {
  /** @throws Error if the model cannot go where the code went */
  follow(deed: Deed, observed: Observed): void
  /** The labels of the edges that were taken, without names of tabs and tokens. */
  readonly taken: ReadonlySet<string>
  readonly states: readonly WorldState[]
}

/** The label without whose step it is, and with which token. */
export const plainLabel = (label: string): string =>
  label.replace(/\b[ABC]('s)? ?/g, '').replace(/RT\d( of session \d)?/, 'the token')

const isOwn = (tab: number, { label, fault }: Edge<WorldState>): boolean =>
  !fault && label.startsWith(`${tabName(tab)} `)

export function createObserver(model: Model<WorldState>, first: Observed): Observer {
  let states = [model.initial()]
  const taken = new Set<string>()
  const journal: string[] = []

  interface Path {
    readonly state: WorldState
    readonly labels: readonly string[]
    readonly hasWritten: boolean
  }

  const edgesOf = (path: Path, wanted: (edge: Edge<WorldState>) => boolean): Path[] =>
    model
      .next(path.state)
      .filter(wanted)
      .map(({ to, label }) => ({
        state: to,
        labels: [...path.labels, label],
        hasWritten: path.hasWritten || to.store !== path.state.store,
      }))

  /** Everything that the tab can reach of itself. */
  function close(paths: readonly Path[], tab: number, writes: boolean): Path[] {
    const found = new Map<string, Path>()
    const add = (path: Path) => {
      const key = `${path.hasWritten}${model.key(path.state)}`
      if (!found.has(key)) found.set(key, path)
    }
    paths.forEach(add)
    // A map's iterator also comes to what is added on the way.
    for (const path of found.values()) {
      const mayWrite = writes && !path.hasWritten
      edgesOf(path, edge => isOwn(tab, edge) && (mayWrite || edge.to.store === path.state.store)).forEach(add)
    }
    return [...found.values()]
  }

  function check(paths: readonly Path[], observed: Observed, description: string): void {
    journal.push(description)
    const seen = paths.filter(({ state }) => isSeenIn(observed, state))
    if (seen.length === 0) throw new Error(explain(journal, observed, paths))
    for (const { labels } of seen) for (const label of labels) taken.add(plainLabel(label))
    states = seen.map(({ state }) => state)
  }

  check(
    states.map(state => ({ state, labels: [], hasWritten: false })),
    first,
    'start',
  )
  return {
    taken,
    get states() {
      return states
    },
    follow({ tab, edge, writes = false, description }, observed) {
      let paths: Path[] = states.map(state => ({ state, labels: [], hasWritten: false }))
      if (edge !== null) paths = paths.flatMap(path => edgesOf(path, ({ label }) => label.startsWith(edge)))
      if (tab !== null) paths = close(paths, tab, writes)
      check(paths, observed, description)
    },
  }
}

function explain(journal: readonly string[], observed: Observed, paths: readonly { readonly state: WorldState }[]) {
  const near = paths
    .slice(0, 4)
    .map(({ state: { tabs, lock, queue, store, families, refreshes } }) =>
      JSON.stringify({ tabs, lock, queue, store, families, refreshes }),
    )
  return [
    'The code took a step that the model does not have.',
    ...journal.map((line, index) => `${String(index).padStart(3)} ${line}`),
    `seen: ${JSON.stringify(observed)}`,
    `the model could be in ${paths.length} states: ${near.join('\n')}`,
  ].join('\n')
}
