import fc from 'fast-check'
import { safeReturnTo } from 'latchkey'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { currentReturnTo } from '../../../src/login/return-to.ts'
import { fuzzSettings, fuzzTimeout } from '../../support/fuzz-settings.ts'

const home = 'https://app.test'
const standAt = (href: string) => vi.stubGlobal('location', { href, origin: new URL(href).origin })

beforeEach(() => standAt(`${home}/login`))

const parameters = fuzzSettings({ numRuns: 500, seed: 1 })
vi.setConfig({ testTimeout: fuzzTimeout(30_000) })

const secret = 'S3CR3T'
const encoded = (text: string) => text.replaceAll('=', '%3D').replaceAll('&', '%26').replaceAll('?', '%3F')
const tokenName = fc.constantFrom('access_token', 'id_token', 'refresh_token', 'accessToken', 'access%5Ftoken')
const answers = fc.oneof(
  tokenName.map(name => `${name}=${secret}`),
  fc.constantFrom('token', 'TOKEN', 'sessionToken').map(name => `${name}=${secret}`),
  tokenName.map(name => `${name}=${secret}&token_type=Bearer&expires_in=300&state=${secret}`),
  tokenName.map(name => `state=/todos?tab=open&${name}=${secret}&scope=openid`),
  tokenName.map(name => `next=${encoded(`/cb?${name}=${secret}`)}`),
  tokenName.map(name => `next=${encodeURIComponent(encoded(`/cb?${name}=${secret}`))}`),
  fc.constantFrom(
    `code=${secret}&state=${secret}`,
    `state=${secret}&code=${secret}`,
    `code=${secret}&iss=https://id.test`,
    `code=${secret}&scope=a&session_state=${secret}`,
    `error=access_denied&state=${secret}`,
    `error=server_error&error_description=${secret}`,
    `state=/todos?tab=open&code=${secret}`,
    `code=${secret}&state=/todos?tab=open`,
  ),
)
/** Of the app's own making; each alone looks like nothing else. */
const own = fc.constantFrom(
  'page=2',
  'code=SUMMER',
  'state=TX',
  'scope=mine',
  'error=timeout',
  'q=a+b%20c',
  'q=%E4',
  'iss=3',
  'expires_in=5',
  'tag=1&tag=2',
  'empty=',
  'flag',
  '',
)
const filler = fc.constantFrom('page=2', 'q=a+b', 'tab=open', 'flag', '')
const path = fc.constantFrom('/', '/todos', '/%C3%BC', '/a//b')
const route = fc.constantFrom('', '/route', '/route/deep', 'section')
const joined = (...parts: readonly string[]) => parts.filter(Boolean).join('&')

describe('the parameters of a login response are removed, wherever they stand', () => {
  const places = fc.record({ path, route, before: filler, after: filler, left: answers }).chain(given => {
    const { left, before, after } = given
    const whole = joined(before, left, after)
    return fc.constantFrom(
      `${given.path}?${whole}`,
      `${given.path}?${whole}#${given.route}`,
      `${given.path}#${whole}`,
      `${given.path}?page=1#${given.route}?${whole}`,
      `${given.path}#${given.route}?tab=1?${whole}`,
      `${given.path}#${given.route}#${whole}`,
      `${given.path}#${left}?${joined(before, after)}`,
    )
  })

  test('neither by safeReturnTo nor in returnTo (LR-04, TX-02)', () => {
    fc.assert(
      fc.property(places, value => {
        expect(safeReturnTo(value)).not.toContain(secret)
        standAt(home + value)
        expect(currentReturnTo()).not.toContain(secret)
      }),
      parameters,
    )
  })
})

describe('the app’s own parameters survive a login, byte for byte', () => {
  test('in the query, in the fragment, and in the query of a hash router', () => {
    fc.assert(
      fc.property(path, route, own, own, (start, fragment, one, other) => {
        const query = one && `?${one}`
        for (const value of [start + query, `${start}${query}#${fragment}x`, `${start}#/${fragment}?${other}`]) {
          expect(safeReturnTo(value)).toBe(value)
          standAt(home + value)
          expect(currentReturnTo()).toBe(value)
        }
      }),
      parameters,
    )
  })

  test('beside a login response, too, in the query', () => {
    fc.assert(
      fc.property(answers, left => {
        expect(safeReturnTo(`/x?q=%E4&${left}&page=2`)).toMatch(/^\/x\?q=%E4(\?tab=open)?&page=2$/)
      }),
      parameters,
    )
  })
})

test('for any input the result stays on this origin, and is a fixed point', () => {
  const scraps = fc.constantFrom(
    ...['/', '\\', '//', ':', '@', '?', '#', '&', '=', '.', '..', 'https:', 'javascript:', 'evil.test', 'app.test'],
    ...['\t', '\n', ' ', '%2f', '%5c', '%3d', 'code=', 'state=', 'error=', 'access_token=', 'x'],
  )
  const anything = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(scraps).map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(anything, value => {
      const target = safeReturnTo(value)
      expect(new URL(target, home).origin).toBe(home)
      expect(target).toMatch(/^\/(?![/\\])/)
      // But for a mark with nothing behind it.
      expect(safeReturnTo(target).replace(/[?#]+$/, '')).toBe(target.replace(/[?#]+$/, ''))
    }),
    parameters,
  )
})

test('a very long address takes linear time', () => {
  for (const unit of ['?', '&', '#', '?a=b', '&access_token=', '%25', 'token=%25']) {
    const started = performance.now()
    safeReturnTo(`/x#${unit.repeat(100_000 / unit.length)}`)
    expect(performance.now() - started, unit).toBeLessThan(10_000)
  }
})

describe('values that routers pass for a query parameter', () => {
  test.each([
    [['/todos', '//evil.test'], '/todos'],
    [['//evil.test', '/todos'], '/start'],
    [[null], '/start'],
    [[], '/start'],
    [undefined, '/start'],
    [null, '/start'],
    ['', '/start'],
  ])('%j: the first counts, and is checked like any other', (value, target) => {
    expect(safeReturnTo(value, '/start')).toBe(target)
  })

  const foreign: readonly unknown[] = [
    5,
    true,
    {},
    { href: '/todos' },
    { toString: () => '/todos' },
    [['/todos']],
    [{}],
    new Date(0),
  ]
  test.each([...foreign, Symbol.iterator, () => '/todos', new URL('https://app.test/todos')].map(value => [value]))(
    'a value that is no text, as of a parser that makes objects of queries, leads to the fallback: %o',
    value => {
      expect(safeReturnTo(value as never, '/start')).toBe('/start')
    },
  )
})
