/** A step of a model. */
export interface Edge<State> {
  readonly label: string
  readonly to: State
  /** What the world does to the protocol: a kill, a lost answer, a person signing out. */
  readonly fault: boolean
  /** Invariants that this very step breaks; the first word of each is its identifier. */
  readonly broken: readonly string[]
}

export interface Model<State> {
  initial(): State
  /** Equal for equal states only. */
  key(state: State): string
  /**
   * Equal also for states that differ only in the names of the tabs, where nothing depends on a name: of such states one is
   * explored, and what the others lead to differs by the names again.
   */
  kind(state: State): string
  next(state: State): readonly Edge<State>[]
  /** Whether nobody who runs still waits for anything. */
  settled(state: State): boolean
}

export interface Exploration {
  readonly states: number
  readonly edges: number
  /** The limit was reached before the end. */
  readonly cut: boolean
  /** The shortest trace to each broken invariant. */
  readonly broken: ReadonlyMap<string, readonly string[]>
}

export const stuckForEver = 'I5 a waiting tab can wait for ever'

/** Explores every reachable kind of state, breadth first, so that the first trace to a violation is a shortest one. */
export function explore<State>(model: Model<State>, limit = 3_000_000): Exploration {
  const indexOf = new Map<string, number>()
  const parents: number[] = []
  const labels: string[] = []
  const settled: boolean[] = []
  const frontier: (State | undefined)[] = []
  /** Edges that need no fault, for the question whether everybody can come to rest. */
  const sources: number[] = []
  const targets: number[] = []
  const broken = new Map<string, readonly string[]>()
  let edges = 0

  const visit = (state: State, parent: number, label: string): number => {
    const key = model.kind(state)
    const known = indexOf.get(key)
    if (known !== undefined) return known
    const index = parents.length
    indexOf.set(key, index)
    parents.push(parent)
    labels.push(label)
    settled.push(model.settled(state))
    frontier.push(state)
    return index
  }
  const traceTo = (index: number, last?: string): string[] => {
    const trace = last === undefined ? [] : [last]
    for (let at = index; (parents[at] ?? -1) !== -1; at = parents[at] ?? -1) trace.unshift(labels[at] ?? '')
    return trace
  }

  visit(model.initial(), -1, 'start')
  let index = 0
  for (; index < frontier.length && parents.length <= limit; index += 1) {
    const state = frontier[index]
    if (state === undefined) continue
    frontier[index] = undefined
    for (const edge of model.next(state)) {
      edges += 1
      const target = visit(edge.to, index, edge.label)
      if (!edge.fault) {
        sources.push(index)
        targets.push(target)
      }
      for (const name of edge.broken) if (!broken.has(name)) broken.set(name, traceTo(index, edge.label))
    }
  }
  const cut = index < frontier.length
  const stuck = cut ? -1 : firstThatCannotSettle(sources, targets, settled)
  if (stuck !== -1) broken.set(stuckForEver, traceTo(stuck))
  return { states: parents.length, edges, cut, broken }
}

/** Backward reachability: the first state from which no fault-free path leads to a settled one, or -1. */
function firstThatCannotSettle(
  sources: readonly number[],
  targets: readonly number[],
  settled: readonly boolean[],
): number {
  const count = settled.length
  // For each state the edges that lead into it, in one array: `from[state]` up to `from[state + 1]`.
  const from = new Uint32Array(count + 1)
  for (const target of targets) from[target + 1] = (from[target + 1] ?? 0) + 1
  for (let state = 0; state < count; state += 1) from[state + 1] = (from[state + 1] ?? 0) + (from[state] ?? 0)
  const into = new Uint32Array(targets.length)
  const fill = from.slice()
  targets.forEach((target, edge) => {
    const place = fill[target] ?? 0
    into[place] = sources[edge] ?? 0
    fill[target] = place + 1
  })
  const good = Uint8Array.from(settled, Number)
  const stack = [...settled.keys()].filter(state => settled[state])
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    for (const source of into.subarray(from[state], from[state + 1])) {
      if (good[source] === 1) continue
      good[source] = 1
      stack.push(source)
    }
  }
  return good.indexOf(0)
}
