import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTrustedOrigins } from '../../../src/http/trusted-origins.ts'

describe('the text of a URL that begins with a trusted origin and a slash', () => {
  const trusted = createTrustedOrigins(['https://api.example.com', 'http://localhost:3000'])
  const prefix = fc.constantFrom('https://api.example.com', 'http://localhost:3000')
  const rest = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          '/',
          '\\',
          '@',
          ':',
          '.',
          '..',
          '?',
          '#',
          '%',
          ' ',
          '\t',
          '\n',
          '[',
          ']',
          'evil.test',
          '\ud800',
          '\0',
        ),
        {
          maxLength: 12,
        },
      )
      .map(parts => parts.join('')),
  )

  test('is what a parser makes of it, and of that origin, where it is taken unparsed', () => {
    let all = 0
    let taken = 0
    fc.assert(
      fc.property(
        prefix,
        fc.oneof(
          rest,
          fc.webPath(),
          fc.webQueryParameters().map(query => `a?${query}`),
        ),
        (origin, after) => {
          const text = `${origin}/${after}`
          all += 1
          if (!trusted.hasNormalized(text)) return
          taken += 1
          const url = new URL(text)
          expect({ href: url.href, origin: url.origin }).toEqual({ href: text, origin })
        },
      ),
      { numRuns: 5000 },
    )
    expect(taken / all).toBeGreaterThan(0.1)
  })

  test('is the only text that is trusted without being parsed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3 }), prefix, rest, (before, origin, after) => {
        const text = `${before}${origin}${after}`
        if (trusted.hasNormalized(text)) expect(trusted.has(new URL(text))).toBe(true)
      }),
      { numRuns: 5000 },
    )
  })

  test.each([
    'https://api.example.com/',
    'http://localhost:3000/a',
    'https://api.example.com//a//b',
    'https://api.example.com/v1/to-dos_2/~me?a=1&b=2+3,4;c:d@e!f$g(h)*i.j',
  ])('is taken unparsed where it is %j', text => {
    expect(trusted.hasNormalized(text)).toBe(true)
    expect(new URL(text).href).toBe(text)
  })

  test.each([
    'https://api.example.com',
    'https://api.example.com.evil.test/',
    'https://api.example.com@evil.test/',
    'https://api.example.com:444/',
    'https://api.example.com\\evil.test/',
    'HTTPS://api.example.com/',
    ' https://api.example.com/',
    'http://api.example.com/',
    'https://api.example.com/a/../b',
    'https://api.example.com/%2e%2e/b',
    'https://api.example.com/a b',
    'https://api.example.com/a b//c',
    'https://api.example.com//a b',
    'https://api.example.com/a//b\\c',
    'https://api.example.com/#hash',
  ])('is not %j: that has to be parsed', text => {
    expect(trusted.hasNormalized(text)).toBe(false)
  })
})
