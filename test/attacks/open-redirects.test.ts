import fc from 'fast-check'
import { redirectTo, safeReturnTo } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import { currentReturnTo } from '../../src/login/return-to.ts'
import { fuzzSettings, fuzzTimeout } from '../support/fuzz-settings.ts'
import { hostileReturnTo, leavesPage } from './open-redirects.ts'

/** A million by `FUZZ_RUNS=1000000`. */
const { numRuns, seed } = fuzzSettings({ numRuns: 3000, seed: 47 })
const longMs = fuzzTimeout(60_000)

const standAt = (page: string, more: object = {}) => {
  const { href, hash, pathname, search, protocol, host } = new URL(page)
  vi.stubGlobal('location', { href, hash, pathname, search, origin: `${protocol}//${host}`, ...more })
}

describe('whatever a login page is given as returnTo, it leads to a path of its own origin', () => {
  test.each(['https://app.test/login', 'http://localhost:5173/login', 'capacitor://localhost/index.html'])(
    'on %s',
    page => {
      standAt(page)
      let taken = 0
      const property = fc.property(hostileReturnTo, value => {
        const target = safeReturnTo(value)
        if (target !== '/') taken += 1
        expect(leavesPage(target, page)).toBeNull()
        expect(safeReturnTo([value, '//evil.test'])).toBe(target)
      })
      fc.assert(property, { numRuns, seed })
      // It does not hold because all is turned down.
      expect(taken).toBeGreaterThan(numRuns / 5)
    },
    longMs,
  )
})

test(
  'on a page at any address, redirectTo leads to the login page of its origin, and back from there to a path of it',
  () => {
    const property = fc.property(hostileReturnTo, value => {
      // Only the fragment, the query and the path of a page are in the hands of a link to it.
      const page = ['#', '?', '/'].map(mark => `https://app.test/${mark}${value}`).find(text => URL.canParse(text))
      if (!page || new URL(page).host !== 'app.test') return
      const assigned: URL[] = []
      standAt(page, { assign: (target: URL) => assigned.push(target) })
      const returnTo = currentReturnTo()
      expect(leavesPage(returnTo, page)).toBeNull()
      redirectTo('/login')({ reason: 'not-signed-in', returnTo })
      for (const { origin, pathname, searchParams } of assigned) {
        expect([origin, pathname]).toEqual(['https://app.test', '/login'])
        expect(leavesPage(safeReturnTo(searchParams.get('returnTo')), page)).toBeNull()
      }
    })
    fc.assert(property, { numRuns, seed })
  },
  longMs,
)

test.each(['javascript:/x', 'javascript://app.test/%0aalert(1)', 'data:,x', 'vbscript:/x', 'blob:https://app.test/x'])(
  'redirectTo(%j) is rejected: a login page has an address',
  path => {
    expect(() => redirectTo(path)).toThrow(expect.objectContaining({ code: 'configuration', option: 'path' }))
  },
)
