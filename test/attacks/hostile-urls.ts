import fc from 'fast-check'

/** The host that is trusted. */
export const goodHost = 'api.example.com'
export const evilHost = 'evil.test'

const schemes = [
  ...[
    'https:',
    'https:',
    'https:',
    '',
    '',
    'http:',
    'HTTPS:',
    'hTTp:',
    'ht\ttps:',
    'https\n:',
    ' https:',
    '\u0000https:',
  ],
  ...[
    'http\u017f:',
    'https',
    'https::',
    'blob:https:',
    'filesystem:https:',
    'view-source:https:',
    'data:',
    'javascript:',
  ],
  ...['java\nscript:', '\u0001javascript:', 'vbscript:', 'wss:', 'ftp:', 'file:', 'app:', 'about:', 'url:https:'],
]
const slashes = [
  '//',
  '//',
  '//',
  '/',
  '',
  '///',
  '////',
  '\\\\',
  '/\\',
  '\\/',
  '/\t/',
  '/\n/',
  '//\r',
  '\t//',
  '/./',
  '/%2f',
]
const userinfos = [
  ...['', '', '', '', '', '@', `${goodHost}@`, `${evilHost}@`, `${goodHost}:443@`, `${goodHost}%2f@`, `${goodHost}%40`],
  ...[
    `${goodHost}\\@`,
    `${goodHost}/@`,
    `${goodHost}?@`,
    `${goodHost}#@`,
    `${evilHost}\\@`,
    `${evilHost}/@`,
    'a@b@',
    ':@',
  ],
]
const hosts = [
  ...[goodHost, goodHost, goodHost, evilHost, evilHost, `${goodHost}.${evilHost}`, `${goodHost}${evilHost}`],
  // Other spellings of the same host, by the URL standard and UTS 46.
  ...[
    'API.Example.COM',
    '\uff41\uff50\uff49.example.com',
    'api\u3002example\uff0ecom',
    '%61pi.example.com',
    'api.exa\u00admple.com',
  ],
  // Hosts that only look like it.
  ...[
    '\u0430pi.example.com',
    'xn--pi-6kc.example.com',
    `${goodHost}.`,
    `${goodHost}..`,
    `x${goodHost}`,
    'example.com',
    `.${goodHost}`,
  ],
  ...[
    `${goodHost}%2e${evilHost}`,
    `${goodHost}%00.${evilHost}`,
    `${goodHost}%5c.${evilHost}`,
    `${goodHost}\\.${evilHost}`,
  ],
  ...[
    `${goodHost};.${evilHost}`,
    `${goodHost},${evilHost}`,
    `${goodHost}\u2024${evilHost}`,
    `${goodHost}\u2215.${evilHost}`,
  ],
  ...['localhost', '127.0.0.1', '127.1', '0x7f.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', 'localhost.', ''],
]
const ports = ['', '', '', ':443', ':0443', ':', ':80', ':444', ':3000', ':8443', ':65536', ':4:43', ':\t443', ':4a']
const tails = [
  ...['/x', '/x', '', '/', '?x', '#x', '\\x', '/..//evil.test', '/%2e%2e//evil.test', '//evil.test/x', '/.//evil.test'],
  ...[
    `/x?to=https://${goodHost}/`,
    `/@${evilHost}`,
    `@${evilHost}/`,
    `.${evilHost}/x`,
    `#@${evilHost}`,
    `?@${evilHost}`,
  ],
  ...[`\\@${evilHost}`, `/x#https://${goodHost}/`, ':443/x', '/%2f%2fevil.test', '/\u2028x', '/x y', '/\ud800'],
]
const junk = [
  '\t',
  '\n',
  '\r',
  ' ',
  '\u0000',
  '\u000b',
  '\u2028',
  '\ufeff',
  '\ud800',
  '%',
  '\\',
  '@',
  '.',
  '/',
  ':',
  '#',
  '?',
  '[',
]

const assembled = fc
  .tuple(...[schemes, slashes, userinfos, hosts, ports, tails].map(part => fc.constantFrom(...part)))
  .map(parts => parts.join(''))

/** Up to two characters more, anywhere. */
const disturbed = fc
  .tuple(assembled, fc.array(fc.tuple(fc.nat(), fc.constantFrom(...junk)), { maxLength: 2 }))
  .map(([text, more]) =>
    more.reduce((longer, [place, character]) => {
      const at = place % (longer.length + 1)
      return longer.slice(0, at) + character + longer.slice(at)
    }, text),
  )

const shuffled = fc
  .array(fc.constantFrom(...schemes, ...slashes, ...hosts, ...tails, ...junk), { maxLength: 6 })
  .map(parts => parts.join(''))

/** Texts that a parser, a check of a prefix, and a user may each read as another URL. */
export const hostileUrl: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: assembled, weight: 6 },
  { arbitrary: disturbed, weight: 3 },
  { arbitrary: shuffled, weight: 1 },
)
