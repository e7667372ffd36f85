import { describe, expect, test } from 'vitest'
import { type Challenge, errorOf, parseChallenges, readChallenges } from '../../../src/http/www-authenticate.ts'
import fixture from './www-authenticate.json' with { type: 'json' }

type Repeated = { readonly repeat: readonly [string, number] }

interface Vector {
  readonly id: string
  readonly class: string
  readonly value: string | null
  readonly valueGen?: {
    readonly prefix: string
    readonly unit: string
    readonly times: number
    readonly suffix: string
  }
  readonly challenges: readonly {
    readonly scheme: string
    readonly params?: Readonly<Record<string, string | Repeated>>
    readonly token68?: string
  }[]
  readonly malformed: boolean
  readonly note: string
}

const vectors = fixture as unknown as readonly Vector[]

const written = ({ value, valueGen: made }: Vector): string =>
  made ? made.prefix + made.unit.repeat(made.times) + made.suffix : (value ?? '')

const expand = (text: string | Repeated) => (typeof text === 'string' ? text : text.repeat[0].repeat(text.repeat[1]))

const expected = ({ challenges }: Vector) =>
  challenges.map(({ scheme, params = {}, token68 = null }) => ({
    scheme,
    params: Object.fromEntries(Object.entries(params).map(([name, text]) => [name, expand(text)])),
    token68,
  }))

/** Without the null prototypes, which `toEqual` cannot write down. */
const plain = (challenges: readonly Challenge[]) =>
  challenges.map(challenge => ({ ...challenge, params: { ...challenge.params } }))

const parse = (value: string) => {
  const { challenges, malformed } = parseChallenges(value)
  return { challenges: plain(challenges), malformed }
}

const one = (value: string) => {
  const { challenges, malformed } = parse(value)
  return { ...challenges[0], count: challenges.length, malformed }
}

describe('every vector parses as the table says', () => {
  test.each(vectors)('$id ($class) CH-12: $note', vector => {
    expect(parse(written(vector))).toEqual({ challenges: expected(vector), malformed: vector.malformed })
  })

  test('the table is there in full', () => {
    expect(vectors).toHaveLength(62)
  })
})

describe('schemes and parameters', () => {
  test('CH-01 scheme and names are found in any case, values keep theirs', () => {
    expect(parse('bEaReR ERROR="Invalid_Token", Realm=X').challenges).toEqual([
      { scheme: 'bearer', params: { error: 'Invalid_Token', realm: 'X' }, token68: null },
    ])
  })

  test('CH-02 several challenges in one value come out in order, each with only its own parameters', () => {
    expect(parse('Basic realm="x", Bearer error="invalid_token", Negotiate')).toEqual({
      challenges: [
        { scheme: 'basic', params: { realm: 'x' }, token68: null },
        { scheme: 'bearer', params: { error: 'invalid_token' }, token68: null },
        { scheme: 'negotiate', params: {}, token68: null },
      ],
      malformed: false,
    })
  })

  test('CH-04 a token and a quoted string give the same parameter', () => {
    for (const [name, text] of Object.entries({ error: 'invalid_token', realm: 'x', max_age: '5', scope: 'read' })) {
      expect(one(`Bearer ${name}=${text}`)).toEqual(one(`Bearer ${name}="${text}"`))
      expect(one(`Bearer ${name}=${text}`).params).toEqual({ [name]: text })
    }
  })

  test('CH-05 a quoted pair is the character after the backslash, without JSON escapes', () => {
    expect(one('Bearer realm="\\f\\o\\o\\u0041\\""').params).toEqual({ realm: 'foou0041"' })
  })

  test.each(['realm ="x"', 'realm= "x"', 'realm \t =\t "x"', 'realm = x'])(
    'CH-06 `%s` is read without the space',
    pair => {
      expect(one(`Bearer ${pair}`)).toMatchObject({ params: { realm: 'x' }, malformed: false })
      expect(one(`Bearer first=1, ${pair}`)).toMatchObject({
        params: { first: '1', realm: 'x' },
        count: 1,
        malformed: false,
      })
    },
  )

  test('CH-07 empty list elements are skipped wherever they stand', () => {
    expect(parse(', ,Bearer realm="x",,error=y,')).toEqual({
      challenges: [{ scheme: 'bearer', params: { realm: 'x', error: 'y' }, token68: null }],
      malformed: false,
    })
  })

  test.each([
    ['Negotiate oRQw==', 'oRQw=='],
    ['Scheme abc', 'abc'],
    ['Scheme a=', 'a='],
    ['Scheme \t abc \t', 'abc'],
  ])('CH-08 `%s` is a token68 and has no parameters', (value, token68) => {
    expect(one(value)).toMatchObject({ token68, params: {}, malformed: false })
  })

  test('CH-08 `a= b` is a parameter and no token68', () => {
    expect(one('Scheme a= b')).toMatchObject({ token68: null, params: { a: 'b' }, malformed: false })
  })

  test('CH-08 no parameter is added to a token68', () => {
    expect(one('Scheme abc, realm="x"')).toMatchObject({ token68: 'abc', params: {}, count: 1, malformed: true })
  })

  test('CH-09 the first of several parameters with the same name is kept, in any letter case, and the rest is read', () => {
    expect(one('Bearer error=a, ERROR=b, realm=x, error="c", Basic')).toMatchObject({
      params: { error: 'a', realm: 'x' },
      count: 2,
      malformed: true,
    })
  })

  test('CH-09 a repeated name in a foreign challenge does not hide ours', () => {
    expect(parse('Basic realm="a", realm="b", Bearer error="insufficient_scope"').challenges[1]).toEqual({
      scheme: 'bearer',
      params: { error: 'insufficient_scope' },
      token68: null,
    })
  })

  test('CH-09 the same name in two challenges is no repetition', () => {
    expect(parse('Bearer realm=a, Basic realm=b').malformed).toBe(false)
  })

  test('CH-10 two challenges of one scheme stay two', () => {
    expect(parse('Bearer realm="a", Bearer realm="b", error="x"').challenges).toEqual([
      { scheme: 'bearer', params: { realm: 'a' }, token68: null },
      { scheme: 'bearer', params: { realm: 'b', error: 'x' }, token68: null },
    ])
  })

  test('CH-11 unknown schemes and parameters do not hide a Bearer challenge', () => {
    expect(parse('X!#$ q=1, Y abc==, Bearer zzz="?", error=invalid_token, Z').challenges[2]).toEqual({
      scheme: 'bearer',
      params: { zzz: '?', error: 'invalid_token' },
      token68: null,
    })
  })

  test('CH-14 `__proto__` and `constructor` are names as any other', () => {
    const { params } = parseChallenges('Bearer __proto__="x", constructor=y').challenges[0] ?? { params: {} }
    expect(Object.keys(params)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(params)).toBeNull()
  })
})

describe('CH-12 at an error, complete challenges before it are kept and the rest is dropped', () => {
  test.each([
    ['Bearer realm=x error=y', { realm: 'x' }],
    ['Bearer realm="x"error="y"', { realm: 'x' }],
    ['Bearer realm="x", error=', { realm: 'x' }],
    ['Bearer realm="x", error=, Basic', { realm: 'x' }],
    ['Bearer realm="x", error="y', { realm: 'x' }],
    ['Bearer realm="x", Basic/1 a=b', { realm: 'x' }],
    ['Bearer realm="x", error=a/b', { realm: 'x' }],
    ['Bearer realm="x", error="\u007f"', { realm: 'x' }],
    ['Bearer realm="x", error="\\\u0001"', { realm: 'x' }],
    ['Bearer realm="x", error="\u20ac"', { realm: 'x' }],
    ['Bearer realm="x", realm="y", error=', { realm: 'x' }],
    ['Bearer =x', undefined],
    ['error = "x"', undefined],
    ['error \t= "x"', undefined],
    ['error=x', undefined],
    ['Bearer"x"', undefined],
    ['"Bearer"', undefined],
    ['\u00e9', undefined],
  ])('%j', (value, params) => {
    expect(one(value)).toMatchObject(params ? { params, count: 1, malformed: true } : { count: 0, malformed: true })
  })
})

describe('bounds', () => {
  test('CH-13 a value of 16,384 characters is read, one of 16,385 is not', () => {
    const value = `Bearer realm="${'a'.repeat(16_384 - 15)}"`
    expect(value).toHaveLength(16_384)
    expect(one(value)).toMatchObject({ count: 1, malformed: false })
    expect(parse(`${value} `)).toEqual({ challenges: [], malformed: true })
  })

  test('CH-13 at most 64 challenges are read; one more is dropped and reported', () => {
    expect(one('Bearer,'.repeat(64))).toMatchObject({ count: 64, malformed: false })
    expect(one('Bearer,'.repeat(65))).toMatchObject({ count: 64, malformed: true })
  })

  test('a parameter of the last challenge allowed is still read', () => {
    expect(parse(`${'Bearer,'.repeat(63)}Bearer error=x`).challenges.at(-1)?.params).toEqual({ error: 'x' })
  })
})

describe('reading a response', () => {
  test('CH-03 two field lines are two challenges', () => {
    const headers = new Headers({ 'WWW-Authenticate': 'Basic realm="api"' })
    headers.append('WWW-Authenticate', 'Bearer realm="api", error="invalid_token"')
    expect(plain(readChallenges({ headers }))).toEqual([
      { scheme: 'basic', params: { realm: 'api' }, token68: null },
      { scheme: 'bearer', params: { realm: 'api', error: 'invalid_token' }, token68: null },
    ])
  })

  test('CH-15 a missing or hidden header is no challenge, no error and no exception', () => {
    expect(readChallenges({ headers: new Headers() })).toEqual([])
    expect(parseChallenges(null)).toEqual({ challenges: [], malformed: false })
  })
})

describe('the error code', () => {
  const errorIn = (value: string) => parseChallenges(value).challenges.map(errorOf)[0]

  test.each([
    ['Bearer error="invalid_token"', 'invalid_token'],
    ['Bearer error=invalid_token', 'invalid_token'],
    ['Bearer error="a b!#[]~"', 'a b!#[]~'],
    ['Bearer error=""', null],
    ['Bearer realm="x"', null],
    ['Bearer', null],
    ['Bearer error="caf\u00e9"', null],
    ['Bearer error="a\\"b"', null],
    ['Bearer error="a\\\\b"', null],
    ['Bearer error="a\tb"', null],
  ])('CH-16 of %j it is %j', (value, code) => {
    expect(errorIn(value)).toBe(code)
  })
})
