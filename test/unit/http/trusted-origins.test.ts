import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTrustedOrigins, originProblem } from '../../../src/http/trusted-origins.ts'

const base = 'https://api.example.com/v1/'
const trusts = (origin: string | URL, input: string, against: string = base) =>
  createTrustedOrigins([origin]).has(new URL(input, against))

describe('TX-05 the URL that an input resolves to decides, not how it looks', () => {
  test.each([
    ['//evil.test/x', 'https://evil.test'],
    ['\\\\evil.test/x', 'https://evil.test'],
    ['/\\evil.test/x', 'https://evil.test'],
    ['\\/evil.test/x', 'https://evil.test'],
    ['/\t/evil.test/x', 'https://evil.test'],
    ['/\n/evil.test/x', 'https://evil.test'],
    ['\t//evil.test/x', 'https://evil.test'],
    ['ht\ntps://evil.test/x', 'https://evil.test'],
    ['http:evil.test', 'http://evil.test'],
    ['http:/api.example.com/x', 'http://api.example.com'],
    ['http://api.example.com/', 'http://api.example.com'],
    ['https://api.example.com.evil.test/', 'https://api.example.com.evil.test'],
    ['https://evil.test/https://api.example.com/', 'https://evil.test'],
    ['https://evil.test/?https://api.example.com/', 'https://evil.test'],
    ['https://evil.test#@api.example.com/', 'https://evil.test'],
    ['https://evil.test\\@api.example.com/', 'https://evil.test'],
    ['https://api.example.com@evil.test/', 'https://evil.test'],
    ['https://api.example.com:443@evil.test/', 'https://evil.test'],
    ['https://api.example.com:444/', 'https://api.example.com:444'],
    ['https://api.example.com:80/', 'https://api.example.com:80'],
    ['https://api.example.com./', 'https://api.example.com.'],
    ['https://example.com/', 'https://example.com'],
    ['https://x.api.example.com/', 'https://x.api.example.com'],
    ['https://\u0430pi.example.com/', 'https://xn--pi-6kc.example.com'],
    ['wss://api.example.com/', 'wss://api.example.com'],
  ])('%j resolves to another origin and is not trusted', (input, origin) => {
    expect(new URL(input, base).origin).toBe(origin)
    expect(trusts(base, input)).toBe(false)
  })

  test.each([
    'todos',
    '../v2/todos',
    '/x?y=//evil.test#https://evil.test',
    '?q',
    '',
    './/evil.test/x',
    '@evil.test/x',
    'https:evil.test',
    'HTTPS://API.EXAMPLE.COM:443/x',
    'https://api.example.com:0443/x',
    'https://ap%69.example.com/x',
    '\u00a0https://api.example.com',
    'https://api.example\u3002com/',
  ])('%j resolves to the trusted origin', input => {
    expect(new URL(input, base).hostname).toBe('api.example.com')
    expect(trusts(base, input)).toBe(true)
  })

  test.each([
    'https://evil.test@api.example.com/x',
    'https://ada:secret@api.example.com/x',
    'https://:x@api.example.com/',
  ])('%j is not trusted: fetch rejects a URL with user information', input => {
    expect(new URL(input, base).hostname).toBe('api.example.com')
    expect(() => new Request(input)).toThrow(TypeError)
    expect(trusts(base, input)).toBe(false)
  })

  test.each(['https://api.example.com', 'HTTPS://API.EXAMPLE.COM:443/', 'https://api.example.com/v1/', new URL(base)])(
    'an origin configured as %s means the same origin',
    origin => {
      expect(trusts(origin, '/x')).toBe(true)
      expect(createTrustedOrigins([origin]).list).toEqual(['https://api.example.com'])
    },
  )

  test('a configured trailing dot is another host too', () => {
    expect(trusts('https://api.example.com.', 'https://api.example.com/')).toBe(false)
    expect(trusts('https://api.example.com.', 'https://api.example.com./')).toBe(true)
  })

  test('a configured port is that port only', () => {
    expect(trusts('https://api.example.com:8443', '/x')).toBe(false)
    expect(trusts('https://api.example.com:8443', 'https://api.example.com:8443/x')).toBe(true)
  })
})

const loopbacks = [
  'http://localhost',
  'http://localhost:3000',
  'http://app.localhost',
  'http://a.b.localhost:8080',
  'http://127.0.0.1:5173',
  'http://127.255.0.9',
  'http://[::1]:3000',
]
const remotes = [
  'http://api.example.com',
  'http://192.168.1.5:3000',
  'http://0.0.0.0',
  'http://128.0.0.1',
  'http://localhost.',
  'http://localhost.evil.test',
  'http://evillocalhost',
  'http://127.0.0.1.evil.test',
  'http://127.evil.test',
  'http://[::2]',
  'http://[::ffff:127.0.0.1]',
]

describe('TX-03 http is for loopback hosts', () => {
  test.each(loopbacks)('%s is trusted where it is configured', origin => {
    expect(trusts(origin, '/x', origin)).toBe(true)
  })

  test.each(remotes)('%s is not, not even where it is configured', origin => {
    expect(trusts(origin, '/x', origin)).toBe(false)
    expect(createTrustedOrigins([origin]).list).toEqual([])
  })

  test.each(remotes)('%s is trusted if insecure requests are allowed and it is configured', origin => {
    expect(createTrustedOrigins([origin], true).has(new URL('/x', origin))).toBe(true)
    expect(createTrustedOrigins([base], true).has(new URL('/x', origin))).toBe(false)
  })

  test('No other scheme is trusted where insecure requests are allowed', () => {
    expect(createTrustedOrigins(['ws://api.example.com', 'ftp://api.example.com', 'file:///a'], true).list).toEqual([])
  })

  test.each([
    ['http://127.1/', 'http://127.0.0.1'],
    ['http://0x7f.0.0.1/', 'http://127.0.0.1'],
    ['http://LOCALHOST/', 'http://localhost'],
    ['http://[0:0:0:0:0:0:0:1]/', 'http://[::1]'],
  ])('%s is the loopback host it is parsed to', (input, origin) => {
    expect(trusts(origin, input)).toBe(true)
  })

  test('loopback is not trusted without being configured, and one loopback host is not the other', () => {
    expect(trusts(base, 'http://localhost/')).toBe(false)
    expect(trusts('http://localhost:3000', 'http://127.0.0.1:3000/')).toBe(false)
    expect(trusts('http://localhost:3000', 'http://localhost:3001/')).toBe(false)
    expect(trusts('http://localhost', 'https://localhost/')).toBe(false)
  })
})

describe('TX-06 origins that are opaque never match', () => {
  const opaque = [
    'file:///index.html',
    'capacitor://localhost/',
    'ionic://localhost/',
    'app://x/',
    'httpx://localhost/',
    'xhttp://localhost/',
    'data:text/plain,x',
    'about:blank',
  ]

  test.each(opaque)('%s does not match itself', url => {
    expect(new URL(url).origin).toBe('null')
    expect(trusts(url, url)).toBe(false)
  })

  test('two different ones do not match either, nor does the text "null"', () => {
    const trusted = createTrustedOrigins([...opaque, 'null', new URL('file:///a')])
    expect(trusted.list).toEqual([])
    for (const url of opaque) expect(trusted.has(new URL(url))).toBe(false)
  })

  test('a blob: URL is not trusted by the origin of its maker', () => {
    const blob = new URL('blob:https://api.example.com/9115d58c-bcda-ff47-86e5-083e9a215304')
    expect(blob.origin).toBe('https://api.example.com')
    expect(createTrustedOrigins([base]).has(blob)).toBe(false)
    expect(createTrustedOrigins([blob]).list).toEqual([])
  })
})

describe('TX-04 only what is configured is trusted', () => {
  test('of several origins each is trusted, and no other', () => {
    const trusted = createTrustedOrigins([base, 'https://files.example.com', 'http://localhost:3000'])
    expect(trusted.list).toEqual(['https://api.example.com', 'https://files.example.com', 'http://localhost:3000'])
    for (const origin of trusted.list) expect(trusted.has(new URL('/x', origin))).toBe(true)
    expect(trusted.has(new URL('https://cdn.example.com/x'))).toBe(false)
  })

  test('the list holds each origin once', () => {
    expect(createTrustedOrigins([base, 'https://API.example.com:443', new URL(base)]).list).toHaveLength(1)
  })

  test('nothing is trusted where nothing, or nothing that parses, is configured', () => {
    expect(createTrustedOrigins([]).has(new URL(base))).toBe(false)
    expect(createTrustedOrigins(['', 'api.example.com', '//api.example.com', 'https://']).has(new URL(base))).toBe(
      false,
    )
  })

  test('for any URL, being trusted is being of the same scheme, host and port', () => {
    const trusted = createTrustedOrigins([base])
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string({ unit: fc.constantFrom(...'/\\@:.#?\t\nahtps-evil') })), input => {
        const url = URL.canParse(input, base) ? new URL(input, base) : new URL(base)
        const same = url.protocol === 'https:' && url.hostname === 'api.example.com' && url.port === ''
        expect(trusted.has(url)).toBe(same)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a wrong trusted origin is rejected with what to write instead', () => {
  test.each([
    'https://api.example.com',
    'https://api.example.com/',
    'HTTPS://API.EXAMPLE.COM:443',
    'https://api.example.com:8443',
    'https://b\u00fccher.example',
    new URL('https://api.example.com'),
    ...loopbacks,
  ])('%s is right', value => {
    expect(originProblem(value)).toBeNull()
  })

  test.each(['', 'api.example.com', '//api.example.com', '/v1', 'https://', 'null', 'https://a b', 'undefined'])(
    '%j is no absolute URL',
    value => {
      expect(originProblem(value)).toBe("write an absolute origin, as in 'https://api.example.com'")
    },
  )

  test.each([
    'file:///index.html',
    'capacitor://localhost',
    'app://x',
    'localhost:3000',
    'wss://api.example.com',
    'blob:https://a.test/1',
  ])('%s has no origin that a token could go to', value => {
    expect(originProblem(value)).toBe("write an absolute origin, as in 'https://api.example.com'")
  })

  test.each(['*', 'https://*', 'https://*.example.com', 'https://api.example.com:*', '*.example.com'])(
    '%s is a wildcard',
    value => {
      expect(originProblem(value)).toBe('write each origin: wildcards are not supported')
    },
  )

  test.each(remotes)('TX-03 %s has to be https', value => {
    expect(originProblem(value)).toBe(
      'use https (http is for loopback hosts), or `allowInsecureRequests: true` in development',
    )
  })

  test.each(remotes)('%s is right if insecure requests are allowed', value => {
    expect(originProblem(value, true)).toBeNull()
  })

  test.each(['ws://api.example.com', 'localhost:3000'])('%s is wrong where insecure requests are allowed', value => {
    expect(originProblem(value, true)).toBe("write an absolute origin, as in 'https://api.example.com'")
  })

  test.each(['/v1', '/v1/', '/?a', '?', '?a=b', '#', '#x', '//'])('%j after the origin is rejected', rest => {
    expect(originProblem(`https://api.example.com:8443${rest}`)).toBe("write only 'https://api.example.com:8443'")
  })

  test('a password is rejected, and is not shown', () => {
    expect(originProblem('https://person:secret@api.example.com')).toBe("write only 'https://api.example.com'")
  })

  test('every accepted origin is trusted, and every trusted origin is accepted', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl({ validSchemes: ['http', 'https'] }), fc.constantFrom(...loopbacks, ...remotes)),
        value => {
          const { origin } = new URL(value)
          expect(originProblem(origin) === null).toBe(createTrustedOrigins([origin]).list.length === 1)
        },
      ),
    )
  })
})
