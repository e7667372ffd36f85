/** Chance that can be had again: the same seed gives the same numbers (mulberry32). */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number
  between(low: number, high: number): number
  /** Whole, from 0 up to, but not including, `count`. */
  below(count: number): number
  chance(probability: number): boolean
  pick<Value>(values: readonly Value[]): Value
  /** Times between things that happen on average once in `mean`. */
  waitFor(mean: number): number
}

export function createRandom(seed: number): Random {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number) => Math.floor(next() * count)
  return {
    next,
    below,
    between: (low, high) => low + next() * (high - low),
    chance: probability => next() < probability,
    waitFor: mean => -Math.log(1 - next()) * mean,
    pick(values) {
      const index = below(values.length)
      if (!(index in values)) throw new Error('There is nothing to pick from')
      return values[index] as (typeof values)[number]
    },
  }
}
