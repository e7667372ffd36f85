import { afterAll, afterEach, vi } from 'vitest'

const place = globalThis as typeof globalThis & { globalsAtStart?: PropertyDescriptorMap }

/** As this worker found them, before its first file. Vitest keeps something of its own there for each file. */
place.globalsAtStart ??= Object.fromEntries(
  Object.entries(Object.getOwnPropertyDescriptors(globalThis)).filter(([name]) => !name.startsWith('__')),
)
const atStart = place.globalsAtStart

const isSame = (one: PropertyDescriptor, other: PropertyDescriptor | undefined) =>
  Object.is(one.value, other?.value) && one.get === other?.get

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/**
 * Files that share a worker share its globals: what a file has replaced must not meet the next one. `unstubAllGlobals` is not
 * enough: where a timer was stubbed while the clock was stopped, it puts back the timer of the stopped clock.
 */
afterAll(() => {
  for (const [name, descriptor] of Object.entries(atStart))
    if (!isSame(descriptor, Object.getOwnPropertyDescriptor(globalThis, name)))
      Object.defineProperty(globalThis, name, descriptor)
})
