import fc from 'fast-check'
import { evilHost, hostileUrl } from './hostile-urls.ts'

const beginnings = [
  '/',
  '/',
  '',
  '//',
  '\\',
  '/\\',
  '/./',
  '/../',
  './',
  '../',
  '?',
  '#',
  '/#/',
  '/#',
  '/%2e%2e/',
  ';/',
  '/;/',
]
const middles = [
  ...[
    'todos',
    evilHost,
    `/${evilHost}`,
    `\\${evilHost}`,
    `//${evilHost}/..//`,
    `..//${evilHost}`,
    '%2f%2fevil.test',
    '%5cevil.test',
  ],
  ...['javascript:alert(1)', 'data:text/html,x', `https://${evilHost}`, `@${evilHost}`, `:${evilHost}`, '..', '.', ''],
  ...['\u2044\u2044evil.test', '\uff0f\uff0fevil.test', '\uff3cevil.test', '%00', '\u0000', '\ud800'],
]
/** What is removed may join what stood apart. */
const leftovers = [
  ...[
    '',
    '',
    '?page=2',
    `?code=a&state=b&/${evilHost}`,
    `?state=//${evilHost}&code=a`,
    '?access_token=a',
    '#access_token=a',
  ],
  ...[
    '#/route?code=a&state=b',
    '?a?code=b&state=c',
    '#a#access_token=b',
    '?code=a&state=b#//evil.test',
    '?&code=a&state=b',
  ],
]

const path = fc
  .tuple(
    fc.constantFrom(...beginnings),
    fc.array(fc.constantFrom(...middles), { maxLength: 3 }),
    fc.constantFrom(...leftovers),
  )
  .map(([beginning, parts, end]) => beginning + parts.join('/') + end)

/** Values of `returnTo` that are to lead users elsewhere. */
export const hostileReturnTo: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: hostileUrl, weight: 3 },
  { arbitrary: path, weight: 3 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 12 }), weight: 1 },
  { arbitrary: fc.string({ unit: fc.constantFrom(...'/\\:@.?#%\t\n\r jaevilt'), maxLength: 12 }), weight: 1 },
)

/**
 * Where a page goes with a value that it takes for a path of its own, by the platform's parser. `null`: the text stays on the
 * page's origin; else what is wrong.
 */
export function leavesPage(target: string, page: string): string | null {
  const { protocol, host } = new URL(page)
  const url = new URL(target, page)
  if (url.protocol !== protocol || url.host !== host) return `${JSON.stringify(target)} leads to ${url.href}`
  // A page may be opened with another base, and a router may read it by itself.
  return /^\/(?![/\\])[^\t\n\r]*$/.test(target) ? null : `${JSON.stringify(target)} is no path`
}
