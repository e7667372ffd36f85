import { describe, expect, test } from 'vitest'
import {
  createAudienceAge,
  forAudience,
  isSameToken,
  mergeAudienceTokens,
  withoutIdentity,
} from '../../../src/session/audience.ts'
import { initialState } from '../../../src/session/state.ts'
import { createControlledClock } from '../../support/clock.ts'
import { credentialsOf } from '../../support/session-records.ts'

const files = { accessToken: 'files-1', lifetimeMs: 60_000, sentAt: 5 }
const mail = { accessToken: 'mail-1', lifetimeMs: null, sentAt: 6 }
const own = credentialsOf({ lifetimeMs: 300_000, audienceTokens: { files, mail } })

describe('the credentials of an audience', () => {
  test('are the session’s own without a name, and the token of the audience with one', () => {
    expect(forAudience(own, undefined)).toBe(own)
    expect(forAudience(own, 'files')).toEqual({ ...own, ...files })
  })

  test.each([
    ['it has none', own],
    ['no audience has one', credentialsOf({ lifetimeMs: 300_000 })],
  ])('look expired, and are no other token, if %s', (_, credentials) => {
    expect(forAudience(credentials, 'calendar')).toEqual({ ...credentials, accessToken: null, lifetimeMs: 0 })
  })
})

describe('the age of a token', () => {
  const setUp = async () => {
    const clock = createControlledClock()
    const sentAt = clock.wallMs()
    const credentials = credentialsOf({
      lifetimeMs: 100_000,
      sentAt,
      audienceTokens: { files: { ...files, lifetimeMs: 100_000, sentAt } },
    })
    const state = { ...initialState, credentials, monotonicSentAt: clock.monotonicMs() }
    return { clock, state, ageOf: createAudienceAge({ maxMs: 20_000, share: 1 }, clock) }
  }

  test('is by both clocks for the session’s own, and by the wall clock alone for another audience’s', async () => {
    const { clock, state, ageOf } = await setUp()
    expect([ageOf(state), ageOf(state, 'files'), ageOf(state, 'calendar')]).toEqual(['good', 'good', 'expired'])
    await clock.advance(100_000)
    clock.jumpWall(-50_000)
    expect([ageOf(state), ageOf(state, 'files')]).toEqual(['expired', 'good'])
  })

  test('is good where there are no credentials', async () => {
    const { ageOf } = await setUp()
    expect([ageOf(initialState), ageOf(initialState, 'files')]).toEqual(['good', 'good'])
  })
})

describe('whether two states have the same token', () => {
  const stateOf = (generation: number, credentials: typeof own | null) => ({ generation, credentials })
  const newer = { ...own, audienceTokens: { files, mail: { ...mail, accessToken: 'mail-2' } } }
  const single = { audienceOf: undefined, audience: undefined }
  const of = (audience: string | undefined) => ({ audienceOf: () => audience, audience })

  test.each([
    ['neither has any', stateOf(1, null), stateOf(2, null), single, true],
    ['only one has any', stateOf(1, own), stateOf(1, null), single, false],
    ['only the other has any', stateOf(1, null), stateOf(1, own), single, false],
    ['only one has any, of several audiences', stateOf(1, own), stateOf(1, null), of('files'), false],
    ['only the other has any, of several audiences', stateOf(1, null), stateOf(1, own), of('files'), false],
    ['they have the same credentials', stateOf(1, own), stateOf(2, own), single, true],
    ['the token is the same, in the same generation', stateOf(1, own), stateOf(1, { ...own }), single, true],
    ['the token is the same, in a newer generation', stateOf(1, own), stateOf(2, { ...own }), single, false],
    ['the token is newer', stateOf(1, own), stateOf(1, { ...own, accessToken: 'b' }), single, false],
    ['the audience’s token is the same', stateOf(1, own), stateOf(2, newer), of('files'), true],
    ['the audience’s token is newer', stateOf(1, own), stateOf(1, newer), of('mail'), false],
    ['the session’s own is the same, and another newer', stateOf(1, own), stateOf(2, newer), of(undefined), true],
  ])('%s', (_, one, other, which, same) => {
    expect(isSameToken(one, other, which)).toBe(same)
  })
})

describe('a token that was granted for an audience', () => {
  const granted = credentialsOf({
    accessToken: 'files-2',
    refreshToken: 'refresh-2',
    lifetimeMs: 7,
    sentAt: 8,
    scope: 'f',
  })

  test('is added to those of the others, with the refresh token that came with it, and changes nothing else', () => {
    expect(mergeAudienceTokens(granted, own, 'files')).toEqual({
      ...own,
      refreshToken: 'refresh-2',
      audienceTokens: { mail, files: { accessToken: 'files-2', lifetimeMs: 7, sentAt: 8 } },
    })
  })

  test('is the first of them if there was none', () => {
    expect(mergeAudienceTokens(granted, credentialsOf(), 'files').audienceTokens).toEqual({
      files: { accessToken: 'files-2', lifetimeMs: 7, sentAt: 8 },
    })
  })

  test('of the session itself leaves those of the audiences', () => {
    expect(mergeAudienceTokens(granted, own, undefined)).toEqual({ ...granted, audienceTokens: { files, mail } })
    expect(mergeAudienceTokens(granted, credentialsOf(), undefined)).toBe(granted)
  })

  test('makes the credentials of a session that had none', () => {
    expect(mergeAudienceTokens(granted, null, 'files')).toBe(granted)
  })

  test('does not name the user by its access token, whose `sub` may be another', () => {
    const said = (subject: string | null) => ({ issuer: 'https://id.test', subject })
    const statedBy = { app: said('alice'), idToken: said('00u1'), accessToken: said('of-files') }
    expect(withoutIdentity({ ...granted, statedBy }).statedBy).toEqual({
      ...statedBy,
      accessToken: { issuer: null, subject: null },
    })
    expect(withoutIdentity(granted)).toBe(granted)
  })
})
