import { describe, expect, test } from 'vitest'
import type { RequestContext } from '../../../src/request/request-context.ts'
import { createRequestRig, type Surroundings, signedIn, signedOut } from '../../support/request-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

const route = 'GET https://api.test/a'
const renewed = credentialsOf({ accessToken: 'renewed' })
const { credentials } = signedIn

/** What the circuit breaker and the login are told of a response that the caller gets. */
function accept(
  status: number,
  changes: Partial<RequestContext> = {},
  given: Partial<Surroundings> = {},
  challenge = 'Bearer error="insufficient_scope"',
) {
  const rig = createRequestRig(given)
  const context = rig.sent(changes)
  const response = new Response(null, { status, headers: { 'www-authenticate': challenge } })
  expect(rig.afterResponse(context, response)).toBe(response)
  expect(rig.steps()).toEqual(['completed'])
  return rig.told
}

const accepted = ['noteAccepted', route, credentials]
const noted = ['login.noteAccepted', 1]

describe('What is noted of an accepted response', () => {
  test.each([
    [200, [accepted, noted]],
    [304, [accepted, noted]],
    [399, [accepted, noted]],
    [400, [accepted]],
    [403, [accepted]],
    [500, [accepted]],
    [401, []],
  ])('with the status %i', (status, told) => {
    expect(accept(status)).toEqual(told)
  })

  test('is nothing for the circuit breaker where it would change nothing there', () => {
    expect(accept(200, {}, { isWorthNoting: false })).toEqual([noted])
  })

  test('is no token for a request that was sent without one while a login dialog was open', () => {
    expect(accept(200, { isAnonymous: true })).toEqual([['noteAccepted', route, null]])
  })

  test('is no token for a request that was sent while no user was signed in', () => {
    expect(accept(200, { isAnonymous: true }, { state: signedOut })).toEqual([['noteAccepted', route, null]])
  })

  const rejectedWith = (status: number) => ({
    isReplay: true,
    awaitedCredentials: renewed,
    rejectedResponse: new Response(null, { status }),
  })
  test.each([
    ['a 200 after a 401: the refresh helped', 401, 200, [['noteReplay', route, renewed, false], accepted, noted]],
    ['a 404 after a 401: the refresh helped', 401, 404, [['noteReplay', route, renewed, false], accepted]],
    ['a 419 after a 419: the refresh did not help', 419, 419, [['noteReplay', route, renewed, true]]],
    ['a 400 after a 400: the refresh did not help', 400, 400, [['noteReplay', route, renewed, true]]],
    ['a 403 after a 419: the refresh helped', 419, 403, [['noteReplay', route, renewed, false], accepted]],
    ['a 300 after a 300: the refresh did not help', 300, 300, [['noteReplay', route, renewed, true]]],
    ['a 302 after a 302: the refresh did not help', 302, 302, [['noteReplay', route, renewed, true]]],
    ['a 200 after a 200: it is not known whether it helped', 200, 200, [['noteReplay', route, renewed, false], noted]],
    ['a 401 of another scope after a 403: the refresh helped', 403, 401, [['noteReplay', route, renewed, false]]],
  ])('of a replay: %s', (_, former, status, told) => {
    expect(accept(status, rejectedWith(former))).toEqual(told)
  })

  test('of a replay: a redirect that fetch hides (status 0) after another: the refresh did not help', () => {
    const rig = createRequestRig()
    const context = rig.sent({ ...rejectedWith(401), rejectedResponse: Response.error() })
    rig.afterResponse(context, Response.error())
    expect(rig.told).toEqual([['noteReplay', route, renewed, true]])
  })

  test('of a replay that waited for no refresh is only that it was accepted', () => {
    expect(accept(200, { ...rejectedWith(401), awaitedCredentials: null })).toEqual([accepted, noted])
  })
})

test('A response that is no 401 costs no parsing of its URL', () => {
  const rig = createRequestRig({ isWorthNoting: false })
  rig.stopListening()
  const context = rig.sent()
  rig.afterResponse(context, new Response())
  expect(context.parsedUrl).toBeNull()
})

describe('The token that was accepted', () => {
  const [own, ofFiles] = ['own', 'of-files'].map(accessToken => ({ accessToken, lifetimeMs: null, sentAt: 0 }))
  const audienceTokens = { 'urn:files': ofFiles } as never
  const tokenOf = (audience: string | undefined, held = credentialsOf({ ...own, audienceTokens })) => {
    const state = { ...signedIn, credentials: held }
    const rig = createRequestRig({ state }, { strategy: { audienceOf: () => audience } })
    rig.afterResponse(rig.sent(), new Response())
    return rig.callsOf('noteAccepted').map(([, token]) => token)
  }

  test('is that of the audience, for an origin that has one', () => {
    expect(tokenOf('urn:files')).toEqual([ofFiles])
  })
  test('is that of the session, for an origin without an audience', () => {
    expect(tokenOf(undefined)).toMatchObject([own])
  })
  test('is none, where there is no token for the audience: a keepalive request does not wait for one', () => {
    expect(tokenOf('urn:other')).toEqual([undefined])
    expect(tokenOf('urn:files', credentialsOf(own))).toEqual([undefined])
  })
})

describe('What is noted of a rejected replay', () => {
  const reject = async (changes: Partial<RequestContext>) => {
    const rig = createRequestRig()
    const response = new Response(null, { status: 401 })
    expect(await rig.afterResponse(rig.sent({ isReplay: true, ...changes }), response)).toBe(response)
    return { told: rig.told, steps: rig.steps() }
  }
  test('is that the refresh which it waited for did not help', async () => {
    expect(await reject({ awaitedCredentials: renewed })).toEqual({
      told: [['noteReplay', route, renewed, true]],
      steps: ['rejected', 'completed'],
    })
  })
  test('is nothing if it waited for none', async () => {
    expect(await reject({})).toEqual({ told: [], steps: ['rejected', 'completed'] })
  })
})
