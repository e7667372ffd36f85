/** What happened in a world, counted by name: whether the generator makes what it promises to make. */
export interface Tally {
  count(what: string): void
  readonly counts: ReadonlyMap<string, number>
}

export function createTally(): Tally {
  const counts = new Map<string, number>()
  return {
    counts,
    count: what => void counts.set(what, (counts.get(what) ?? 0) + 1),
  }
}

/** Over many worlds: how often each happened, and in how many of them. */
export function createCensus() {
  const rows = new Map<string, { times: number; worlds: number }>()
  return {
    rows,
    add(counts: ReadonlyMap<string, number>): void {
      for (const [what, times] of counts) {
        const row = rows.get(what) ?? { times: 0, worlds: 0 }
        rows.set(what, { times: row.times + times, worlds: row.worlds + 1 })
      }
    },
    lines: () =>
      [...rows]
        .sort(([one], [other]) => one.localeCompare(other))
        .map(([what, { times, worlds }]) => `${what}: ${times} times, in ${worlds} worlds`),
  }
}
