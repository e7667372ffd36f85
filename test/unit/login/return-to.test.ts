import { safeReturnTo } from 'latchkey'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { currentReturnTo } from '../../../src/login/return-to.ts'

const home = 'https://app.test'

/** The page stands there. */
const standAt = (href: string) => vi.stubGlobal('location', { href, origin: new URL(href).origin })

beforeEach(() => {
  standAt(`${home}/login`)
})

const hostile = [
  '//evil.test',
  '///evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  '\\/evil.test',
  '/\t/evil.test',
  '/\n/evil.test',
  '\t//evil.test',
  ' //evil.test',
  '/.//evil.test',
  '/..//evil.test',
  '/%2e%2e//evil.test',
  '/x/..//evil.test',
  './/evil.test/..//evil.test',
  'https://evil.test',
  'https:\\\\evil.test',
  'https://app.test@evil.test/',
  'https://app.test:pass@evil.test/',
  'https://somebody@app.test/x',
  'https://app.test.evil.test/',
  'https://app.test./',
  'https://app.test:444/',
  'http://app.test/',
  'ftp://app.test/',
  'blob:https://app.test/x',
  'filesystem:https://app.test/temporary/x',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'javascript://app.test/%0aalert(1)',
  'vbscript:x',
  'data:text/html,<script>alert(1)</script>',
  'about:blank',
  'https://',
  'https://[',
  '//',
  '',
  null,
  undefined,
]

describe('safeReturnTo (LR-04, RFC 9700 §4.11.1)', () => {
  test.each(hostile)('%j leads to the start page', value => {
    expect(safeReturnTo(value)).toBe('/')
    expect(safeReturnTo(value, '/start')).toBe('/start')
  })

  test.each([
    ['/todos', '/todos'],
    ['/todos?page=2#last', '/todos?page=2#last'],
    ['todos', '/todos'],
    ['?page=2', '/?page=2'],
    ['https://app.test/todos', '/todos'],
    ['HTTPS://APP.TEST:443/todos', '/todos'],
    ['/x?to=//evil.test', '/x?to=//evil.test'],
    ['/a//b', '/a//b'],
    ['/%2F/evil.test', '/%2F/evil.test'],
    ['/#/todos', '/#/todos'],
  ])('%j is a path of this origin', (value, path) => {
    expect(safeReturnTo(value)).toBe(path)
  })

  test.each(['capacitor://localhost', 'ionic://localhost', 'app://x'])(
    'on %s, which WebKit calls an origin, paths are taken and nothing else (WV-01)',
    origin => {
      vi.stubGlobal('location', { href: `${origin}/index.html`, origin })
      expect(safeReturnTo('/todos')).toBe('/todos')
      for (const value of [
        'javascript:alert(1)',
        'data:text/html,x',
        'other://localhost/x',
        `${origin}.evil.test/x`,
        'https://evil.test',
      ]) {
        expect(safeReturnTo(value), value).toBe('/')
      }
    },
  )

  test.each([undefined, { href: 'file:///a.html', origin: 'null' }, { href: 'about:blank', origin: 'null' }])(
    'works where there is no origin: %j',
    location => {
      vi.stubGlobal('location', location)
      expect(safeReturnTo('/todos')).toBe('/todos')
      for (const value of ['//evil.test', 'https://evil.test', 'javascript:alert(1)', 'file:///etc/passwd']) {
        expect(safeReturnTo(value), value).toBe('/')
      }
    },
  )
})

test.each<readonly [readonly (string | null)[], string]>([
  [['/first', '/second'], '/first'],
  [['//evil.test', '/second'], '/'],
  [[null, '/second'], '/'],
  [[], '/'],
])('Of several values, as routers return them for a repeated parameter, the first is read: %j', (values, path) => {
  expect(safeReturnTo(values)).toBe(path)
})

describe('the parameters of a login response are removed (LR-04, TX-02)', () => {
  test.each([
    ['/callback?code=abc&state=def&iss=https%3A%2F%2Fid.test', '/callback'],
    ['/x?page=2&code=abc&session_state=s', '/x?page=2'],
    ['/x?error=access_denied&error_description=no&error_uri=u', '/x'],
    ['/x?access_token=abc&token_type=Bearer&expires_in=3600&scope=a', '/x'],
    ['/x?accessToken=abc&refreshToken=abc&idToken=abc', '/x'],
    ['/x?Code=abc&STATE=def', '/x'],
    ['/x?token=abc', '/x'],
    ['/x?id_token=abc', '/x'],
    ['/x#access_token=abc&token_type=Bearer', '/x'],
    ['/x#code=abc&state=def', '/x'],
    ['/x#id_token=abc', '/x'],
    ['/x#state=def&error=login_required', '/x'],
    ['/#/callback?code=abc&state=def', '/#/callback'],
    ['/x?a=1#/route?access_token=abc', '/x?a=1#/route'],
    ['/x#a=1#/route?access_token=abc', '/x'],
    ['/x?accessToken=abc&scope=a&expires_in=60', '/x'],
    ['/x?code=abc&iss=https%3A%2F%2Fid.test', '/x'],
    ['/x?code=abc&state=def&zipcode=75001&codec=h264&scopes=a', '/x?zipcode=75001&codec=h264&scopes=a'],
    ['/x?my_access_token=abc&scope=a', '/x?scope=a'],
    ['/x?next=%2Fy%3Faccess_token%3Dabc&page=2', '/x?page=2'],
    ['/x?next=%252Fy%253Faccess_token%253Dabc', '/x'],
    ['/x?next=%25252Fy%25253Faccess_token%25253Dabc', '/x'],
  ])('%s', (value, path) => {
    expect(safeReturnTo(value)).toBe(path)
    standAt(home + value)
    expect(currentReturnTo()).toBe(path)
  })

  test.each([
    ...['/x#state', '/x#scope', '/x#section=1', '/#/todos?page=2', '/x?q=a%20b&r=%2B', '/x#token'],
    ...['/x?code=FR', '/x?error=404', '/x?state=CA&scope=team', '/x?zipcode=94103&state=CA', '/x?codec=av1&state=CA'],
    ...['/x?code=FR&mystate=1', '/x?code=FR&states=2', '/x?access_token_hint=1&scope=a', '/x?token_type=a'],
  ])('%s is nothing of the kind', path => {
    standAt(home + path)
    expect(currentReturnTo()).toBe(path)
  })
})

describe('the current page', () => {
  test('has no origin, and no password of the address', () => {
    standAt('https://somebody:secret@app.test/todos?page=2#last')
    expect(currentReturnTo()).toBe('/todos?page=2#last')
  })

  test.each(['//evil.test/x', '///evil.test/x', '/\\evil.test/x', '/.//evil.test/x'])(
    'is a path of this origin also at %s, an address for luring users',
    path => {
      standAt(`${home}${path}`)
      expect(new URL(currentReturnTo(), home).origin).toBe(home)
    },
  )

  test.each(['about:srcdoc', 'about:blank', 'blob:https://app.test/x', 'data:text/html,x', 'file:///a//b.html'])(
    'has a path with one slash in front also at %s',
    href => {
      vi.stubGlobal('location', { href, origin: 'null' })
      expect(currentReturnTo()).toMatch(/^\/(?![/\\])/)
      expect(safeReturnTo(currentReturnTo())).toBe(currentReturnTo())
    },
  )

  test('is the start where there is no page (LF-07)', () => {
    vi.stubGlobal('location', undefined)
    expect(currentReturnTo()).toBe('/')
  })
})
