/** Virtual time: things happen in order of their time, and what one sets in motion has run before the next. */
export interface Timeline {
  /** Milliseconds since the world began. */
  readonly nowMs: number
  /** Returns how to cancel it. */
  after(delayMs: number, happen: () => void): () => void
  runUntil(ms: number): Promise<void>
  readonly happened: number
}

interface Happening {
  readonly atMs: number
  readonly order: number
  happen: (() => void) | undefined
}

const isBefore = (one: Happening, other: Happening): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order)

/** A binary heap: a day has some ten thousand happenings, most of them timers that are cancelled. */
function createHeap() {
  const heap: Happening[] = []
  const at = (index: number): Happening => heap[index] as Happening
  const swap = (one: number, other: number) => {
    const kept = at(one)
    heap[one] = at(other)
    heap[other] = kept
  }
  return {
    peek: (): Happening | undefined => heap[0],
    push(happening: Happening): void {
      let index = heap.push(happening) - 1
      for (let parent = (index - 1) >> 1; index > 0 && isBefore(at(index), at(parent)); parent = (index - 1) >> 1) {
        swap(index, parent)
        index = parent
      }
    },
    pop(): void {
      const last = heap.pop()
      if (!last || heap.length === 0) return
      heap[0] = last
      for (let index = 0; ; ) {
        const [left, right] = [2 * index + 1, 2 * index + 2]
        let first = index
        if (left < heap.length && isBefore(at(left), at(first))) first = left
        if (right < heap.length && isBefore(at(right), at(first))) first = right
        if (first === index) return
        swap(index, first)
        index = first
      }
    },
  }
}

/** A turn of the event loop: every promise that can settle has settled by then. */
export const takeTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** `settle` runs everything that one happening sets in motion. */
export function createTimeline(settle: () => Promise<void> = takeTurn): Timeline {
  const heap = createHeap()
  let nowMs = 0
  let order = 0
  let happened = 0
  return {
    get nowMs() {
      return nowMs
    },
    get happened() {
      return happened
    },
    after(delayMs, happen) {
      order += 1
      const happening: Happening = { atMs: nowMs + Math.max(0, delayMs), order, happen }
      heap.push(happening)
      return () => {
        happening.happen = undefined
      }
    },
    async runUntil(ms) {
      for (let next = heap.peek(); next && next.atMs <= ms; next = heap.peek()) {
        heap.pop()
        const { happen } = next
        if (!happen) continue
        nowMs = next.atMs
        happened += 1
        happen()
        await settle()
      }
      nowMs = ms
    },
  }
}
