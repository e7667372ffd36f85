/** `fetch` with so many requests on the network at once: thousands of sockets are the machine's limit, not the library's. */
export const createNarrowFetch = (width: number): typeof fetch => {
  const line: (() => void)[] = []
  let underWay = 0
  return async (input, init) => {
    if (underWay >= width) await new Promise<void>(go => line.push(go))
    else underWay += 1
    try {
      return await fetch(input, init)
    } finally {
      const next = line.shift()
      if (next) next()
      else underWay -= 1
    }
  }
}
