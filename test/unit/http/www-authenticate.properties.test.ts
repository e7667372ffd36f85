import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorOf, parseChallenges, readChallenges } from '../../../src/http/www-authenticate.ts'

const budgetMs = 50

const chars = (alphabet: string, constraints: { readonly minLength?: number; readonly maxLength?: number } = {}) =>
  fc.string({ unit: fc.constantFrom(...alphabet), ...constraints })

const letters = 'abzAZ019'
const token = chars(`${letters}!#$%&'*+-.^_\`|~`, { minLength: 1, maxLength: 12 })
const token68 = fc
  .tuple(chars(`${letters}-._~+/`, { minLength: 1, maxLength: 20 }), chars('=', { maxLength: 3 }))
  .map(parts => parts.join(''))
const blank = chars(' \t', { maxLength: 3 })
const text = fc.oneof(token, chars(`${letters} \t,=;"\\/()<>@[]{}?:\u0080\u00ff`, { maxLength: 20 }))

const isToken = (value: string) => /^[\w!#$%&'*+.^`|~-]+$/.test(value)

interface Written {
  readonly challenges: readonly {
    readonly scheme: string
    readonly params: [string, string][]
    readonly token68: string | null
  }[]
  readonly value: string
}

/** Any list of challenges, written down in one of the many ways that the grammar allows. */
const wellFormed: fc.Arbitrary<Written> = fc
  .array(
    fc.record({
      scheme: token,
      content: fc.oneof(
        token68,
        fc.uniqueArray(
          fc.record({ name: token, text, equals: fc.tuple(blank, blank), quoted: fc.boolean(), pairs: fc.boolean() }),
          {
            selector: ({ name }) => name.toLowerCase(),
            maxLength: 4,
          },
        ),
      ),
      comma: fc.tuple(blank, fc.constantFrom(',', ',,', ', ,\t,'), blank).map(parts => parts.join('')),
      space: chars(' ', { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 6 },
  )
  .map(parts => ({
    challenges: parts.map(({ scheme, content }) => ({
      scheme: scheme.toLowerCase(),
      params:
        typeof content === 'string'
          ? []
          : content.map(({ name, text }) => [name.toLowerCase(), text] as [string, string]),
      token68: typeof content === 'string' ? content : null,
    })),
    value: parts
      .map(({ scheme, content, comma, space }) => {
        const pairs = typeof content === 'string' ? content : content.map(writePair).join(comma)
        return (pairs ? scheme + space + pairs : scheme) + comma
      })
      .join(''),
  }))

function writePair(pair: {
  name: string
  text: string
  equals: [string, string]
  quoted: boolean
  pairs: boolean
}): string {
  const escaped = pair.text.replace(pair.pairs ? /./g : /["\\]/g, '\\$&')
  const written = pair.quoted || !isToken(pair.text) ? `"${escaped}"` : pair.text
  return pair.name + pair.equals.join('=') + written
}

/** Well-formed text cut, doubled and spoiled: nearer to the edges of the grammar than random strings come. */
const nearly = fc
  .tuple(
    fc.array(fc.oneof(token, blank, fc.constantFrom(...'",=\\;/ \t'), token68), { maxLength: 40 }),
    wellFormed,
    fc.nat(80),
  )
  .map(([pieces, { value }, cut]) => value.slice(0, cut) + pieces.join(''))

const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), nearly)

describe('for any value', () => {
  test('CH-12 the parser does not throw, and its result has the promised shape', () => {
    fc.assert(
      fc.property(anything, value => {
        const { challenges, malformed } = parseChallenges(value)
        expect(malformed).toBeTypeOf('boolean')
        expect(challenges.length).toBeLessThanOrEqual(64)
        for (const challenge of challenges) {
          expect(challenge.scheme).toBe(challenge.scheme.toLowerCase())
          expect(isToken(challenge.scheme)).toBe(true)
          expect(Object.getPrototypeOf(challenge.params)).toBeNull()
          if (challenge.token68 !== null) expect(Object.keys(challenge.params)).toEqual([])
          expect(errorOf(challenge)).not.toBe('')
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('CH-12 an error at the end changes nothing of the challenges before it', () => {
    fc.assert(
      fc.property(wellFormed, fc.constantFrom('@', '"', '=x', 'a="', 'a/b'), ({ value }, spoiled) => {
        const before = parseChallenges(value)
        expect(parseChallenges(`${value},${spoiled}`)).toEqual({ challenges: before.challenges, malformed: true })
      }),
    )
  })

  test('CH-03 two well-formed field lines give the challenges of both', () => {
    fc.assert(
      fc.property(wellFormed, wellFormed, (first, second) => {
        const headers = new Headers()
        headers.append('www-authenticate', first.value)
        headers.append('www-authenticate', second.value)
        const separate = [first.value, second.value].flatMap(value => parseChallenges(value).challenges)
        expect(readChallenges({ headers })).toEqual(separate)
      }),
    )
  })
})

test('CH-02 every well-formed list is read back as it was meant', () => {
  fc.assert(
    fc.property(wellFormed, ({ challenges, value }) => {
      const parsed = parseChallenges(value)
      const read = parsed.challenges.map(challenge => ({ ...challenge, params: Object.entries(challenge.params) }))
      const meant = challenges.map(challenge => ({ ...challenge, params: ordered(challenge.params) }))
      expect({ read, malformed: parsed.malformed }).toEqual({ read: meant, malformed: false })
    }),
    { numRuns: 2_000 },
  )
})

/** As an object lists its own keys: whole numbers first. */
function ordered(pairs: [string, string][]): [string, string][] {
  const object: Record<string, string> = Object.create(null)
  for (const [name, value] of pairs) object[name] = value
  return Object.entries(object)
}

describe('CH-13 16,384 hostile characters take under 50 ms', () => {
  /** The best of three: another program may have the processor, the parser cannot be faster than it is. */
  const shortestMs = (value: string) =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const before = performance.now()
        parseChallenges(value)
        return performance.now() - before
      }),
    )
  const fill = (prefix: string, unit: string) => (prefix + unit.repeat(16_384)).slice(0, 16_384)

  test.each([
    ['commas', '', ','],
    ['commas and blanks', '', ' ,\t'],
    ['blanks', 'Bearer a', ' '],
    ['blanks before nothing', 'Bearer a=', ' '],
    ['one name', '', 'a'],
    ['names and blanks', 'Bearer ', 'a '],
    ['equals signs', 'Bearer a', '='],
    ['a token68 that is none', 'Bearer ', 'a='],
    ['quotes', 'Bearer a="', '""'],
    ['backslashes', 'Bearer a="', '\\'],
    ['an open string', 'Bearer a="', 'a\\a'],
    ['the same name', 'Bearer ', 'a=1,'],
    ['schemes', '', 'a '],
  ])('%s', (_, prefix, unit) => {
    expect(shortestMs(fill(prefix, unit))).toBeLessThan(budgetMs)
  })

  test('thousands of parameters', () => {
    const pairs = Array.from({ length: 3_000 }, (_, index) => `${index.toString(36)}=1`)
    expect(shortestMs(`Bearer ${pairs.join()}`)).toBeLessThan(budgetMs)
  })

  test('any short piece, repeated', () => {
    const piece = fc.oneof(chars('a=", \t\\/', { minLength: 1, maxLength: 8 }), anything.filter(Boolean))
    fc.assert(
      fc.property(fc.constantFrom('', 'Bearer ', 'Bearer a', 'Bearer a=', 'Bearer a="'), piece, (prefix, unit) => {
        expect(shortestMs(fill(prefix, unit))).toBeLessThan(budgetMs)
      }),
      { numRuns: 300 },
    )
  })
})
