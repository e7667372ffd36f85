import { describe, expect, test } from 'vitest'
import { type AuthSettings, defaultSettings } from '../../support/auth-settings.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createTokenFamilies } from '../../support/token-families.ts'

const create = (settings: Partial<AuthSettings> = {}) => {
  const clock = createControlledClock()
  const families = createTokenFamilies({ ...defaultSettings, now: clock.wallMs, ...settings })
  const refresh = (refreshToken: string) => {
    const result = families.refresh(refreshToken)
    if (result.outcome !== 'granted') throw new Error(`Not granted: ${result.outcome}`)
    return result.tokens
  }
  return { clock, families, refresh }
}

describe('a token family', () => {
  test('gives a new pair for its refresh token, and the old access token is good no more', () => {
    const { families, refresh } = create()
    const first = families.issue('alice')
    const second = refresh(first.refreshToken)
    expect(families.subjectOf(second.accessToken)).toBe('alice')
    expect(families.subjectOf(first.accessToken)).toBeNull()
    expect(second.refreshToken).not.toBe(first.refreshToken)
  })

  test('keeps the old access token good where it is told to', () => {
    const { families, refresh } = create({ keepOldAccessTokens: true })
    const first = families.issue('alice')
    refresh(first.refreshToken)
    expect(families.subjectOf(first.accessToken)).toBe('alice')
  })

  test('keeps one refresh token where it does not rotate, and counts no reuse', () => {
    const { families, refresh } = create({ rotate: false })
    const first = families.issue('alice')
    expect(refresh(first.refreshToken).refreshToken).toBe(first.refreshToken)
    expect(refresh(first.refreshToken).refreshToken).toBe(first.refreshToken)
    expect(families.reuses).toBe(0)
  })

  test('dies as a whole when an used token comes again: the newer tokens too', () => {
    const { families, refresh } = create()
    const first = families.issue('alice')
    const second = refresh(first.refreshToken)
    expect(families.refresh(first.refreshToken)).toEqual({ outcome: 'reused' })
    expect(families.refresh(second.refreshToken)).toEqual({ outcome: 'revoked' })
    expect(families.subjectOf(second.accessToken)).toBeNull()
    expect(families.reuses).toBe(1)
  })

  test('leaves other families of the same person alone when it dies', () => {
    const { families, refresh } = create()
    const [first, other] = [families.issue('alice'), families.issue('alice')]
    refresh(first.refreshToken)
    families.refresh(first.refreshToken)
    expect(families.subjectOf(other.accessToken)).toBe('alice')
  })

  test('lives on after a reuse where the server is lenient', () => {
    const { families, refresh } = create({ reuse: 'lenient' })
    const first = families.issue('alice')
    const second = refresh(first.refreshToken)
    expect(families.refresh(first.refreshToken)).toEqual({ outcome: 'reused' })
    expect(families.subjectOf(second.accessToken)).toBe('alice')
    expect(families.reuses).toBe(1)
  })

  test('grants an used token again within the grace, and dies of it afterwards', () => {
    const { clock, families, refresh } = create({ reuse: 'grace', graceSeconds: 10 })
    const first = families.issue('alice')
    refresh(first.refreshToken)
    clock.jumpWall(10_000)
    const third = refresh(first.refreshToken)
    expect(families.subjectOf(third.accessToken)).toBe('alice')
    clock.jumpWall(1)
    expect(families.refresh(first.refreshToken)).toEqual({ outcome: 'reused' })
    expect(families.subjectOf(third.accessToken)).toBeNull()
  })

  test('ends access tokens by the server’s clock, to the millisecond', () => {
    const { clock, families } = create({ accessTokenSeconds: 5 })
    const { accessToken } = families.issue('alice')
    clock.jumpWall(4999)
    expect(families.subjectOf(accessToken)).toBe('alice')
    clock.jumpWall(1)
    expect(families.subjectOf(accessToken)).toBeNull()
  })

  test('is revoked by any of its tokens, and by its person', () => {
    const { families } = create()
    const [byAccess, byRefresh, byPerson, bobs] = [
      families.issue('alice'),
      families.issue('alice'),
      families.issue('alice'),
      families.issue('bob'),
    ]
    families.revokeToken(byAccess.accessToken)
    families.revokeToken(byRefresh.refreshToken)
    expect(families.subjectOf(byPerson.accessToken)).toBe('alice')
    families.revokeSubject('alice')
    const subjects = [byAccess, byRefresh, byPerson, bobs].map(tokens => families.subjectOf(tokens.accessToken))
    expect(subjects).toEqual([null, null, null, 'bob'])
  })

  test('makes JWTs that say whose they are and how long they last', () => {
    const { clock, families } = create({ accessTokenFormat: 'jwt', accessTokenSeconds: 60 })
    const [, payload = ''] = families.issue('alice').accessToken.split('.')
    const issuedAt = clock.wallMs() / 1000
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    expect(claims).toMatchObject({ sub: 'alice', iat: issuedAt, exp: issuedAt + 60 })
  })
})
