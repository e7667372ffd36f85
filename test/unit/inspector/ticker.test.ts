import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTicker } from '../../../src/inspector/ticker.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('matchMedia', () => ({ matches: false }))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('The inspector draws at once after a pause, without a negative time, of which Node warns in tests of pages', () => {
  const delays = vi.spyOn(globalThis, 'setTimeout')
  const draw = vi.fn(() => null)
  const ticker = createTicker(draw)
  ticker.now()
  vi.advanceTimersByTime(5000)
  ticker.soon()
  expect(delays.mock.calls.map(([, ms]) => ms)).toEqual([0])
  ticker.stop()
})
