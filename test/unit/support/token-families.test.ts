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
  test('issues a new pair for its refresh token, and the old access token is no longer valid', () => {
    const { families, refresh } = create()
    const first = families.issue('alice')
    const second = refresh(first.refreshToken)
    expect(families.subjectOf(second.accessToken)).toBe('alice')
    expect(families.subjectOf(first.accessToken)).toBeNull()
    expect(second.refreshToken).not.toBe(first.refreshToken)
  })

  test('keeps the old access token valid if configured', () => {
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

  test('is revoked as a whole when a used token comes again, with the newer tokens', () => {
    const { families, refresh } = create()
    const first = families.issue('alice')
    const second = refresh(first.refreshToken)
    expect(families.refresh(first.refreshToken)).toEqual({ outcome: 'reused' })
    expect(families.refresh(second.refreshToken)).toEqual({ outcome: 'revoked' })
    expect(families.subjectOf(second.accessToken)).toBeNull()
    expect(families.reuses).toBe(1)
  })

  test('does not affect other families of the same user when it is revoked', () => {
    const { families, refresh } = create()
    const [first, other] = [families.issue('alice'), families.issue('alice')]
    refresh(first.refreshToken)
    families.refresh(first.refreshToken)
    expect(families.subjectOf(other.accessToken)).toBe('alice')
  })

  test('survives a reuse if the server is lenient', () => {
    const { families, refresh } = create({ reuse: 'lenient' })
    const first = families.issue('alice')
    const second = refresh(first.refreshToken)
    expect(families.refresh(first.refreshToken)).toEqual({ outcome: 'reused' })
    expect(families.subjectOf(second.accessToken)).toBe('alice')
    expect(families.reuses).toBe(1)
  })

  test('accepts a used token within the grace window, and is revoked by it afterwards', () => {
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

  test('is revoked by any of its tokens, and by its user', () => {
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

  test('issues JWTs that name their user and lifetime', () => {
    const { clock, families } = create({ accessTokenFormat: 'jwt', accessTokenSeconds: 60 })
    const [, payload = ''] = families.issue('alice').accessToken.split('.')
    const issuedAt = clock.wallMs() / 1000
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    expect(claims).toMatchObject({ sub: 'alice', iat: issuedAt, exp: issuedAt + 60 })
  })
})
