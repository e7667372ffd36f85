import { afterEach, describe, expect, test, vi } from 'vitest'
import { pageWake, waking } from '../../../src/platform/wake.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createTestWake } from '../../support/refresh-rig.ts'

/** The globals of a page, as far as its comings and goings go. */
const openPage = () => {
  const listeners: string[] = []
  const targetOf = (name: string) => {
    const target = new EventTarget()
    return {
      target,
      addEventListener: (type: string, listener: () => void) => {
        listeners.push(`${name} ${type}`)
        target.addEventListener(type, listener)
      },
      removeEventListener: (type: string, listener: () => void) => {
        listeners.splice(listeners.indexOf(`${name} ${type}`), 1)
        target.removeEventListener(type, listener)
      },
    }
  }
  const page = { ...targetOf('document'), visibilityState: 'visible', prerendering: false }
  const view = targetOf('global')
  vi.stubGlobal('document', page)
  vi.stubGlobal('addEventListener', view.addEventListener)
  vi.stubGlobal('removeEventListener', view.removeEventListener)
  return {
    page,
    listeners,
    tell: (type: string) => {
      for (const { target } of [page, view]) target.dispatchEvent(new Event(type))
    },
  }
}
afterEach(() => void vi.unstubAllGlobals())

describe('the lifecycle of the page', () => {
  test.each(['online', 'pageshow', 'visibilitychange', 'resume', 'prerenderingchange'])(
    'TM-07, LF-01: a visible page wakes with %s',
    type => {
      const { tell } = openPage()
      const woken = vi.fn()
      pageWake.onWake(woken)
      tell(type)
      expect(woken).toHaveBeenCalledOnce()
    },
  )

  test.each([
    ['visibilitychange', 0],
    ['pageshow', 0],
    ['prerenderingchange', 0],
    ['resume', 1],
    ['online', 1],
  ])('LF-04: to a hidden page %s is a waking: %i', (type, times) => {
    const { page, tell } = openPage()
    page.visibilityState = 'hidden'
    const woken = vi.fn()
    pageWake.onWake(woken)
    tell(type)
    expect(woken).toHaveBeenCalledTimes(times)
  })

  test('LF-03: a page that is being prerendered is shown when it is activated', () => {
    const { page, tell } = openPage()
    page.prerendering = true
    const woken = vi.fn()
    pageWake.onWake(woken)
    tell('pageshow')
    expect(woken).not.toHaveBeenCalled()
    page.prerendering = false
    tell('prerenderingchange')
    expect(woken).toHaveBeenCalledOnce()
  })

  test.each(['pagehide', 'freeze'])('LF-02: it goes to sleep with %s, hidden or not', type => {
    const { page, tell } = openPage()
    const asleep = vi.fn()
    pageWake.onSleep(asleep)
    page.visibilityState = 'hidden'
    tell(type)
    expect(asleep).toHaveBeenCalledOnce()
  })

  test('LF-07: a listener that is removed leaves nothing behind', () => {
    const { listeners } = openPage()
    const stops = [pageWake.onWake(() => {}), pageWake.onSleep(() => {})]
    expect(listeners.length).toBe(7)
    for (const stop of stops) stop()
    expect(listeners).toEqual([])
  })

  test('LF-07: a worker has no document, but its network events count', () => {
    const { tell } = openPage()
    vi.stubGlobal('document', undefined)
    const woken = vi.fn()
    pageWake.onWake(woken)
    tell('online')
    expect(woken).toHaveBeenCalledOnce()
  })

  test('LF-07: a server has neither, and nothing is touched', () => {
    expect(() => pageWake.onWake(() => {})()).not.toThrow()
    expect(() => pageWake.onSleep(() => {})()).not.toThrow()
  })
})

describe('waiting for a waking', () => {
  test('ends with the first waking after which the condition holds', async () => {
    const page = createTestWake()
    let ready = false
    const ended = vi.fn()
    const waited = waking(page.port, () => ready, new Promise(() => {})).then(ended)
    page.wake()
    await Promise.resolve()
    expect(ended).not.toHaveBeenCalled()
    ready = true
    page.wake()
    await waited
    expect(page.size).toBe(0)
  })

  test('ends when it is aborted, and listens no longer', async () => {
    const page = createTestWake()
    const over = createDeferred()
    const waited = waking(page.port, () => true, over.promise)
    expect(page.size).toBe(1)
    over.resolve()
    await waited
    expect(page.size).toBe(0)
  })
})
