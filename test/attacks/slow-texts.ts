type Read = (text: string) => unknown

const timeOf = (read: Read, text: string): number => {
  const startedAt = performance.now()
  read(text)
  return performance.now() - startedAt
}

/** The best of some: a machine may be busy at any time. */
const bestTimeOf = (read: Read, text: string) => Math.min(...Array.from({ length: 4 }, () => timeOf(read, text)))

/** Whether it takes so long each time. */
export const isSlow = (read: Read, text: string, ms: number): boolean =>
  timeOf(read, text) > ms && bestTimeOf(read, text) > ms

/** In small steps: exponential and cubic time would not end for a text that is much longer than the one before. */
export const growingLengths = [16, 20, 24, 28, 40, 80, 250, 1000] as const

/** A beginning, so many characters of one piece after another, and an ending. */
export const textOf = (length: number, piece: string, [beginning, ending]: readonly [string, string]): string =>
  `${beginning}${piece.repeat(Math.ceil(length / piece.length))}${ending}`

/** All of them, and all of every two. */
export const withPairs = (single: readonly string[]): readonly string[] => [
  ...single,
  ...single.flatMap(one => single.map(other => one + other)),
]
