import fc from 'fast-check'
import { safeReturnTo } from 'latchkey'
import { expect, test } from 'vitest'
import { attack, type SeenSend, wrongSends } from '../../attacks/foreign-origins.ts'
import { ways } from '../../attacks/hostile-calls.ts'
import { hostileUrl } from '../../attacks/hostile-urls.ts'
import { hostileReturnTo, leavesPage } from '../../attacks/open-redirects.ts'
import { fuzz } from './echo.ts'

// As test/attacks does it in Node: engines parse URLs by themselves, and make their own `Request`.
const { runs: numRuns, seed } = fuzz({ runs: 120, seed: 41 })
const { runs: returnRuns } = fuzz({ runs: 2000, seed })

test(
  `whatever this engine sends with a token goes to a trusted origin, and whatever goes there has one (seed ${seed})`,
  async () => {
    const sends: SeenSend[] = []
    const way = fc.constantFrom(...Object.keys(ways))
    const property = fc.asyncProperty(
      hostileUrl,
      way,
      fc.constantFrom('own' as const, 'page' as const),
      async (text, name, network) => {
        const seen = await attack(text, name, { network })
        expect(wrongSends(seen)).toEqual([])
        sends.push(...seen)
      },
    )
    await fc.assert(property, { numRuns, seed })
    expect(sends.filter(({ isTrusted }) => isTrusted).length).toBeGreaterThan(numRuns / 5)
    expect(sends.filter(({ isTrusted }) => !isTrusted).length).toBeGreaterThan(numRuns / 5)
  },
  30_000 + numRuns * 50,
)

test(
  `whatever this page is given as returnTo, it leads to a path of its own origin (seed ${seed})`,
  () => {
    const property = fc.property(hostileReturnTo, value => {
      expect(leavesPage(safeReturnTo(value), location.href)).toBeNull()
    })
    fc.assert(property, { numRuns: returnRuns, seed })
  },
  30_000 + returnRuns,
)
