import { describe, expect, test } from 'vitest'
import { createFlight } from '../../../src/refresh/flight.ts'
import { createControlledClock } from '../../support/clock.ts'

const start = () => {
  const clock = createControlledClock()
  const request = {
    sessionId: 'main',
    generation: 1,
    replaces: null,
    cause: 'manual',
    startedMs: 0,
    blocksRequests: false,
  } as const
  const flight = createFlight(request, clock)
  /** Pauses, and notes when that is over. */
  const pause = (ms: number) => {
    const seen = { isOver: false }
    void flight.pause(ms).then(() => {
      seen.isOver = true
    })
    return seen
  }
  return { clock, flight, request, pause }
}

describe('a refresh under way', () => {
  test('is what it began with', () => {
    const { flight, request } = start()
    expect(flight).toMatchObject(request)
  })

  test('pauses for as long as it means to', async () => {
    const { clock, pause } = start()
    const seen = pause(1000)
    await clock.advance(999)
    expect(seen.isOver).toBe(false)
    await clock.advance(1)
    expect(seen.isOver).toBe(true)
  })

  test.each(['resume', 'settle'] as const)('goes on at once at %s(), and leaves no timer', async how => {
    const { clock, flight, pause } = start()
    const seen = pause(1000)
    if (how === 'resume') flight.resume()
    else flight.settle({ kind: 'disposed' })
    await clock.settle()
    expect([seen.isOver, clock.pendingTimers]).toEqual([true, 0])
  })

  test('may be told to go on where it does not pause', () => {
    const { flight } = start()
    expect(() => flight.resume()).not.toThrow()
  })

  test('has the first outcome that it is settled with', async () => {
    const { flight } = start()
    flight.settle({ kind: 'adopted' })
    flight.settle({ kind: 'disposed' })
    expect(await flight.outcome).toEqual({ kind: 'adopted' })
  })
})
