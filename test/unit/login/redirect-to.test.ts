import { ConfigurationError, type LoginRequiredEvent, redirectTo } from 'latchkey'
import { afterEach, describe, expect, test, vi } from 'vitest'

const event = (more: Partial<LoginRequiredEvent> = {}): LoginRequiredEvent => ({
  reason: 'refresh-rejected',
  returnTo: '/todos?page=2',
  tab: 'this',
  subject: null,
  claims: null,
  request: null,
  ...more,
})

/** Where the page goes from there. */
const goFrom = (href: string, redirect: (event: LoginRequiredEvent) => void, more?: Partial<LoginRequiredEvent>) => {
  const assign = vi.fn((_target: string | URL) => {})
  const { origin, pathname, search, hash } = new URL(href)
  vi.stubGlobal('location', { href, origin, pathname, search, hash, assign })
  redirect(event(more))
  return assign.mock.calls.map(([target]) => String(target))
}

afterEach(() => vi.restoreAllMocks())

describe('redirectTo', () => {
  test('goes to the login page and says where to come back to', () => {
    expect(goFrom('https://app.test/todos?page=2', redirectTo('/login'))).toEqual([
      'https://app.test/login?returnTo=%2Ftodos%3Fpage%3D2',
    ])
  })

  test('keeps the query of the login path, under the chosen parameter name', () => {
    expect(goFrom('https://app.test/', redirectTo('/login?theme=dark', { param: 'next' }))).toEqual([
      'https://app.test/login?theme=dark&next=%2Ftodos%3Fpage%3D2',
    ])
  })

  test('goes to another origin if configured, with the path only', () => {
    expect(goFrom('https://app.test/', redirectTo(new URL('https://id.test/login')))).toEqual([
      'https://id.test/login?returnTo=%2Ftodos%3Fpage%3D2',
    ])
  })

  test('goes to a scheme of the app, although its name contains that of a scheme that holds scripts or content', () => {
    expect(goFrom('https://app.test/', redirectTo('mydata://login'))).toEqual([
      'mydata://login?returnTo=%2Ftodos%3Fpage%3D2',
    ])
  })

  test.each([
    ['https://app.test/login', '/login'],
    ['https://app.test/login?returnTo=%2Fx', '/login'],
    ['https://app.test/login#top', '/login'],
    ['https://app.test/login/', '/login'],
    ['https://app.test/login', '/login/'],
    ['https://app.test/#/login', '/#/login'],
    ['https://app.test/?a=1#/login?returnTo=x', '/#/login'],
    ['https://app.test/#/login/', '/#/login'],
    ['https://app.test/?view=login&returnTo=x', '/?view=login'],
    ['https://app.test/login?returnTo=%2Ftodos', '/login?returnTo=%2Fhome'],
    ['https://app.test/login?a=1&a=2&returnTo=x', '/login?a=1&a=2'],
    ['https://app.test/#/', '/#/'],
  ])('stays at %s, which is there already', (href, path) => {
    expect(goFrom(href, redirectTo(path))).toEqual([])
  })

  test.each([
    ['https://app.test/#/todos', '/#/login', 'https://app.test/?returnTo=%2Ftodos%3Fpage%3D2#/login'],
    ['https://app.test/#/login-history', '/#/login', 'https://app.test/?returnTo=%2Ftodos%3Fpage%3D2#/login'],
    ['https://app.test/#/todos', '/#/', 'https://app.test/?returnTo=%2Ftodos%3Fpage%3D2#/'],
    ['https://app.test/?view=todos', '/?view=login', 'https://app.test/?view=login&returnTo=%2Ftodos%3Fpage%3D2'],
    ['https://app.test/', '/?view=login', 'https://app.test/?view=login&returnTo=%2Ftodos%3Fpage%3D2'],
    ['https://app.test/logins', '/login', 'https://app.test/login?returnTo=%2Ftodos%3Fpage%3D2'],
    ['https://other.test/login', 'https://app.test/login', 'https://app.test/login?returnTo=%2Ftodos%3Fpage%3D2'],
  ])('goes from %s, which is another page', (href, path, target) => {
    expect(goFrom(href, redirectTo(path))).toEqual([target])
  })

  test('resolves a path as links do, against the base of the page', () => {
    const redirect = redirectTo('./login')
    vi.stubGlobal('document', { baseURI: 'https://app.test/app/' })
    const target = 'https://app.test/app/login?returnTo=%2Ftodos%3Fpage%3D2'
    expect(goFrom('https://app.test/app/orders/7', redirect)).toEqual([target])
    expect(goFrom('https://app.test/app/login', redirect)).toEqual([])
  })

  test.each([
    ['https://else.test/', 'https://app.test/login'],
    ['https://app.test/', 'https://app.test/login'],
  ])('a base of another origin does not lead there (%s)', (baseURI, target) => {
    vi.stubGlobal('document', { baseURI })
    expect(goFrom('https://app.test/x', redirectTo('/login'))).toEqual([`${target}?returnTo=%2Ftodos%3Fpage%3D2`])
  })

  test('does not redirect in a login loop, which is logged without token and query (LR-07)', () => {
    const logged = vi.spyOn(console, 'error').mockReturnValue()
    expect(goFrom('https://app.test/', redirectTo('/login'), { reason: 'login-loop' })).toEqual([])
    expect(logged.mock.calls).toEqual([[expect.stringContaining('30 s')]])
  })

  test.each([
    undefined,
    null,
    5,
    {},
    [],
    'app.test/login',
    'localhost:5173',
    'localhost:5173/login',
    'https://',
    'https://[',
    // From /orders/7 it would be /orders/login.
    'login',
    'login?next=https://id.test/',
    'auth/login',
  ])('rejects a login page at %j as a mistake in `path`', path => {
    expect(() => redirectTo(path as never)).toThrow(ConfigurationError)
    expect(() => redirectTo(path as never)).toThrow('`path`')
  })

  test('does nothing where there is no page to leave (LF-07)', () => {
    vi.stubGlobal('location', undefined)
    expect(() => redirectTo('/login')(event())).not.toThrow()
  })
})
