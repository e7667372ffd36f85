import { isLatchkeyError } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import { type ApiHandler, type RecipeWorld, startRecipeWorld } from './recipe-server.ts'

export interface RecipeCase {
  /** The library, as a reader of a failure knows it. */
  readonly library: string
  readonly handler: ApiHandler
  /** Makes the library's client once for a world; what it returns makes one call and resolves with what the API said. */
  readonly start: (world: RecipeWorld) => (signal?: AbortSignal, turn?: number) => Promise<unknown>
  /** What each call of the burst resolves with. */
  readonly answer: unknown
  /** How the library shows the end of the session, read as the recipe says. @default the error itself, or its cause */
  readonly isSessionEnded?: (error: unknown) => boolean
  /** How many requests of a burst of five are sent: batching and deduplicating libraries send fewer. @default 5 */
  readonly burst?: number
}

const causesOf = (error: unknown): readonly unknown[] =>
  error instanceof Object ? [error, ...('cause' in error && error.cause !== error ? causesOf(error.cause) : [])] : []

export const isEndedByCause = (error: unknown): boolean =>
  causesOf(error).some(cause => isLatchkeyError(cause) && cause.code === 'session-ended')

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    answer => expect.fail(`It resolved with ${JSON.stringify(answer)}`),
    (error: unknown) => error,
  )

/** What every recipe must do: a burst across an expiry, an abort, a 500, and the end of the session. */
export const describeRecipe = (recipe: RecipeCase): void => {
  const { library, handler, start, answer, isSessionEnded = isEndedByCause, burst = 5 } = recipe
  describe(`the recipe for ${library}`, () => {
    const begin = async () => {
      const world = await startRecipeWorld(handler)
      return { world, call: start(world) }
    }

    test('serves a burst of requests across an expiry with one refresh', async () => {
      const { world, call } = await begin()
      world.expire()
      const answers = await Promise.all([0, 1, 2, 3, 4].map(turn => call(undefined, turn)))
      expect(answers).toEqual(Array(5).fill(answer))
      expect({
        refreshes: world.refreshes(),
        accepted: world.calls.filter(({ status }) => status < 300).length,
      }).toEqual({ refreshes: 1, accepted: burst })
    })

    test('rejects at once when a call is aborted', async () => {
      const { world, call } = await begin()
      world.hang()
      const controller = new AbortController()
      const failure = failureOf(call(controller.signal))
      await vi.waitFor(() => expect(world.calls).toHaveLength(1))
      controller.abort()
      await failure
      await vi.waitFor(() => expect(world.calls.map(({ isClosed }) => isClosed)).toEqual([true]))
      expect(world.refreshes()).toBe(0)
    })

    test('shows a 500 as a failure after one send, without a refresh', async () => {
      const { world, call } = await begin()
      world.break()
      await failureOf(call())
      expect({ sends: world.calls.length, refreshes: world.refreshes() }).toEqual({ sends: 1, refreshes: 0 })
    })

    test('shows the end of the session as such, calls for a login once, and stops sending', async () => {
      const { world, call } = await begin()
      world.end()
      const failure = await failureOf(call())
      expect(isSessionEnded(failure), String(failure)).toBe(true)
      await vi.waitFor(() => expect(world.loginsRequired()).toBe(1))
      // Longer than it takes a library to try again at once.
      await new Promise(resolve => setTimeout(resolve, 50))
      expect({ sends: world.calls.length, refreshes: world.refreshes(), logins: world.loginsRequired() }).toEqual({
        sends: 1,
        refreshes: 1,
        logins: 1,
      })
    })
  })
}
