import { describe, expect, test, vi } from 'vitest'
import { createSendCredentials } from '../../../src/request/attach-credentials.ts'
import type { PipelinePorts } from '../../../src/request/pipeline-ports.ts'
import type { FetchInit, RequestContext } from '../../../src/request/request-context.ts'
import { bearer } from '../../../src/schemes/bearer.ts'
import type { Outgoing, WireScheme } from '../../../src/schemes/scheme.ts'
import type { SessionState } from '../../../src/session/state.ts'
import { createPipelineRig, rigUrl } from '../../support/pipeline-rig.ts'
import { createRequestRig, signedIn, signedOut } from '../../support/request-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

function start(state = signedIn, ports: Partial<PipelinePorts> = {}) {
  const rig = createRequestRig({ state }, ports)
  const credentials = createSendCredentials(rig.ports, rig.waits)
  const attach = (changes: Partial<RequestContext> = {}, headers: Outgoing['headers'] = {}) => {
    const outgoing: Outgoing = { headers }
    const context = Object.assign(rig.request(), changes)
    credentials.attach(context, outgoing)
    return { headers: Object.fromEntries(new Headers(outgoing.headers)), context, outgoing }
  }
  return { ...rig, ...credentials, attach }
}

describe('Why a request is sent without credentials', () => {
  const reasonFor = (init: FetchInit, changes: Partial<RequestContext> = {}, ports: Partial<PipelinePorts> = {}) => {
    const { whyNone, request } = start(signedIn, ports)
    return whyNone(Object.assign(request(init), changes))
  }
  test.each<[string, FetchInit, Partial<RequestContext>, string | null]>([
    ['there is no reason', {}, {}, null],
    ['there is no reason with `auth: true`', { auth: true }, {}, null],
    ['there is no reason with `auth: optional`', { auth: 'optional' }, {}, null],
    ['there is no reason with another header', { headers: { 'x-a': '1' } }, {}, null],
    ['there is no reason with another mode', { mode: 'same-origin' }, {}, null],
    ['its origin', {}, { isTrusted: false }, 'untrusted-origin'],
    ['its origin, whatever else there is', { auth: false, mode: 'no-cors' }, { isTrusted: false }, 'untrusted-origin'],
    ['`auth: false`', { auth: false }, {}, 'auth-false'],
    ['its mode', { mode: 'no-cors' }, {}, 'no-cors'],
    ['the mode of its Request', {}, { request: new Request('https://api.test/', { mode: 'no-cors' }) }, 'no-cors'],
    ['its own Authorization', { headers: { AUTHORIZATION: 'Basic x' } }, {}, 'own-authorization'],
    [
      'its own Authorization among several',
      {
        headers: [
          ['x-a', '1'],
          ['authorization', 'Basic x'],
        ],
      },
      {},
      'own-authorization',
    ],
  ])('%s', (_, init, changes, reason) => {
    expect(reasonFor(init, changes)).toBe(reason)
  })

  test('a callback of the app sends it, which others wait for', () => {
    expect(reasonFor({}, {}, { isInsideCallback: () => true })).toBe('auth-false')
  })
  test('it has the header that carries the token', () => {
    const scheme = bearer({ header: 'X-Token' }) as WireScheme
    expect(reasonFor({ headers: { 'x-token': '1' } }, {}, { scheme })).toBe('own-authorization')
    expect(reasonFor({ headers: { authorization: '1' } }, {}, { scheme })).toBeNull()
  })
})

describe('A send', () => {
  test('gets the token of the session, and the request keeps the state that it was sent with', () => {
    const { attach } = start()
    const { headers, context } = attach({ sessionId: 'session-a' }, { 'x-a': '1' })
    expect(headers).toEqual({ authorization: 'Bearer access-1', 'x-a': '1' })
    expect(context.sentWith).toBe(signedIn)
  })

  test('gets none for a request without credentials, also where a token is here', () => {
    const { attach } = start()
    const { headers, context } = attach({ isAnonymous: true })
    expect([headers, context.sentWith]).toEqual([{}, signedIn])
  })

  test('gets none for a cookie session, and the rejected token of its first send is removed', () => {
    const { attach } = start({ ...signedIn, credentials: credentialsOf({ accessToken: null }) })
    const rejected = new Headers({ authorization: 'Bearer rejected', 'x-a': '1' })
    expect(attach({}, rejected).headers).toEqual({ 'x-a': '1' })
    expect(attach({ isAnonymous: true }, new Headers({ authorization: 'Bearer rejected' })).headers).toEqual({})
  })

  test.each([
    ['another user', { ...signedIn, sessionId: 'session-b' }, 'replaced'],
    ['no user', signedOut, 'not-signed-in'],
  ])('is not made where %s is signed in by now', (_, state, reason) => {
    const { attach } = start(state)
    expect(() => attach({ sessionId: 'session-a' })).toThrow(expect.objectContaining({ code: 'session-ended', reason }))
  })

  test('of a call that began without a session ties its retries to the user who was signed in when it was made', async () => {
    const call = { id: 7, sessionId: null as string | null }
    const { around, send, tokens } = createPipelineRig()
    await send(rigUrl, {}, { call })
    around.state = { ...signedIn, sessionId: 'session-b' }
    const retry = send(rigUrl, {}, { call })
    await expect(retry).rejects.toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect(tokens()).toEqual(['Bearer access-1'])
  })

  test.each<[string, SessionState, Partial<RequestContext>, boolean]>([
    ['no user was signed in', signedOut, {}, true],
    [
      'no user was signed in, unless it is the replay after a login that it waited for',
      signedOut,
      { isReplay: true },
      false,
    ],
    ['it was not known who is signed in', { ...signedOut, status: 'unknown' }, {}, false],
  ])('of a call that was made while %s: its retry is not made as a user (%#)', (_, state, changes, isRefused) => {
    const adapter = { transport: fetch, call: { id: 7, sessionId: null } }
    start(state).attach({ adapter, isAnonymous: true })
    const retry = () => start(signedIn).attach({ adapter, sessionId: signedIn.sessionId, ...changes })
    if (isRefused) expect(retry).toThrow(expect.objectContaining({ code: 'session-ended', reason: 'replaced' }))
    else expect(retry().headers).toEqual({ authorization: 'Bearer access-1' })
  })

  test.each([
    ['the same user is signed in', signedIn, 'Bearer access-1'],
    ['no user is signed in, as before', signedOut, null],
  ])('of a call is made again by its retry while %s', async (_, state, token) => {
    const call = { id: 7, sessionId: null }
    const { send, tokens } = createPipelineRig({ state })
    for (let sends = 0; sends < 2; sends += 1) await send(rigUrl, { auth: 'optional' }, { call })
    expect(tokens()).toEqual([token, token])
  })

  test('ends the session where another scheme stored its token: a bound token must not be sent as Bearer', () => {
    const { ports, attach } = start({ ...signedIn, credentials: credentialsOf({ tokenType: 'DPoP' }) })
    const end = vi.fn(async () => {})
    Object.assign(ports.session, { end })
    expect(attach({ sessionId: 'session-a' }).headers).toEqual({})
    expect(end.mock.calls).toEqual([['key-lost']])
  })

  const audienceTokens = { 'urn:files': { accessToken: 'of-files', lifetimeMs: null, sentAt: 0 } } as never
  test.each([
    ['its audience', 'urn:files', { authorization: 'Bearer of-files' }],
    ['the session, where the origin has no audience', undefined, { authorization: 'Bearer access-1' }],
    ['nothing else, where there is none for its audience', 'urn:other', {}],
  ])('gets the token of %s', (_, audience, headers) => {
    const state = { ...signedIn, credentials: credentialsOf({ audienceTokens }) }
    const { attach } = start(state, { strategy: { audienceOf: () => audience } })
    expect(attach().headers).toEqual(headers)
  })

  test('of nobody has no credentials of its own, with and without audiences', () => {
    for (const strategy of [{}, { audienceOf: () => 'urn:files' }]) {
      const { ownOf, request } = start(signedOut, { strategy })
      expect(ownOf(request())).toBeNull()
    }
  })
})

describe('The option sendHeaders', () => {
  test('is called with the id, the method and the URL without query, and its headers replace those of the caller for this send', () => {
    const sendHeaders = vi.fn(() => ({ 'X-Csrf': 'new' }))
    const { attach, request, addSendHeaders } = start(signedIn, { sendHeaders })
    const given = { 'x-csrf': 'old', 'x-a': '1' }
    expect(attach({}, given).headers).toEqual({ authorization: 'Bearer access-1', 'x-csrf': 'new', 'x-a': '1' })
    expect(given).toEqual({ 'x-csrf': 'old', 'x-a': '1' })
    const outgoing = { headers: {} }
    addSendHeaders(request({ method: 'put' }, {}, '/b?secret=1'), outgoing)
    expect(Object.fromEntries(new Headers(outgoing.headers))).toEqual({ 'x-csrf': 'new' })
    expect(sendHeaders.mock.calls).toEqual([
      [{ id: 1, method: 'GET', url: 'https://api.test/a' }],
      [{ id: 2, method: 'PUT', url: 'https://api.test/b' }],
    ])
  })

  test('may be missing', () => {
    const { request, addSendHeaders } = start()
    const outgoing = { headers: { 'x-a': '1' } }
    addSendHeaders(request(), outgoing)
    expect(outgoing).toEqual({ headers: { 'x-a': '1' } })
  })

  test('is named by the error if it is async', () => {
    const { attach } = start(signedIn, { sendHeaders: (async () => ({})) as never })
    expect(() => attach()).toThrow(/sendHeaders/)
  })
})
