import { afterEach, describe, expect, test, vi } from 'vitest'
import { callListener, createListeners } from '../../../src/session/events.ts'

const reported: unknown[] = []
const catchReports = () => vi.stubGlobal('reportError', (error: unknown) => void reported.push(error))
afterEach(() => void reported.splice(0))

describe('listeners', () => {
  test('are called in the order in which they were added', () => {
    const listeners = createListeners<number>()
    const seen: string[] = []
    listeners.add(value => void seen.push(`first ${value}`))
    listeners.add(value => void seen.push(`second ${value}`))
    listeners.notify(7)
    expect(seen).toEqual(['first 7', 'second 7'])
  })

  test('the same function added twice is called twice, and each unsubscribe function removes its own entry', () => {
    const listeners = createListeners<number>()
    const listener = vi.fn()
    const [first, second] = [listeners.add(listener), listeners.add(listener)]
    expect(listeners.size).toBe(2)
    first()
    first()
    listeners.notify(1)
    expect(listener).toHaveBeenCalledTimes(1)
    second()
    expect(listeners.size).toBe(0)
  })

  test('one that throws affects neither the others nor the caller; the page’s monitoring sees it', () => {
    catchReports()
    const listeners = createListeners<number>()
    const [mistake, last] = [new Error('of the app'), vi.fn()]
    listeners.add(() => {
      throw mistake
    })
    listeners.add(last)
    listeners.notify(1)
    expect(last).toHaveBeenCalledOnce()
    expect(reported).toEqual([mistake])
  })

  test('a listener that is added during an event is called from the next event on', () => {
    const listeners = createListeners<number>()
    const late = vi.fn()
    listeners.add(() => void listeners.add(late))
    listeners.notify(1)
    expect(late).not.toHaveBeenCalled()
    listeners.notify(2)
    expect(late).toHaveBeenCalledOnce()
  })

  test('one that removes itself, or all that follow, breaks nothing', () => {
    const listeners = createListeners<number>()
    const seen: string[] = []
    const undo = listeners.add(() => {
      seen.push('once')
      undo()
    })
    listeners.add(() => void seen.push('always'))
    listeners.notify(1)
    listeners.notify(2)
    expect(seen).toEqual(['once', 'always', 'always'])
  })
})

describe('a callback of the app', () => {
  test('is called if there is one', () => {
    catchReports()
    expect(() => callListener(undefined, 1)).not.toThrow()
    expect(reported).toEqual([])
  })

  test('may throw, which is reported as the app’s mistake', () => {
    catchReports()
    callListener(() => {
      throw 'a text'
    }, 1)
    expect(reported).toEqual(['a text'])
  })

  test('that throws is reported on the console where the platform has no reportError', () => {
    vi.stubGlobal('reportError', undefined)
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    callListener(() => {
      throw 'a text'
    }, 1)
    expect(printed).toHaveBeenCalledWith('a text')
  })
})
