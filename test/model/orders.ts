const orders: readonly (readonly (readonly number[])[])[] = [
  [[]],
  [[0]],
  [
    [0, 1],
    [1, 0],
  ],
  [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ],
]

/** The orders of up to three tabs in which `ranks` never falls: several only where some are alike. */
function ordersBy(ranks: readonly number[]): readonly (readonly number[])[] {
  const all = orders[ranks.length]
  if (!all) throw new Error('The tabs of a model are up to three')
  return all.filter(order =>
    order.every((tab, place) => place === 0 || (ranks[order[place - 1] ?? 0] ?? 0) <= (ranks[tab] ?? 0)),
  )
}

/** The place of each tab in an order. */
const placesIn = (order: readonly number[]): readonly number[] => order.map((_, tab) => order.indexOf(tab))

export type KeyIn<State> = (state: State, order: readonly number[], places: readonly number[]) => string

/** The tabs as they are named. */
export const keyByNames =
  <State extends { readonly tabs: readonly unknown[] }>(keyIn: KeyIn<State>) =>
  (state: State): string => {
    const order = orders[state.tabs.length]?.[0] ?? []
    return keyIn(state, order, order)
  }

/**
 * The same for states in which the tabs have only changed places: the first of the keys of all orders. `rankOf` may use only
 * what does not change with the names; the better it tells tabs apart, the fewer keys are made.
 */
export const keyOfKind =
  <Tab, State extends { readonly tabs: readonly Tab[] }>(keyIn: KeyIn<State>, rankOf: (tab: Tab) => number) =>
  (state: State): string => {
    let first: string | undefined
    for (const order of ordersBy(state.tabs.map(rankOf))) {
      const key = keyIn(state, order, placesIn(order))
      if (first === undefined || key < first) first = key
    }
    return first ?? ''
  }
