import { describe, expect, test, vi } from 'vitest'
import { createLoginNotifier, type LoginRequiredEvent } from '../../../src/login/login-notifier.ts'
import type { RequestIdentity } from '../../../src/request/pipeline-ports.ts'
import { storedRecord } from '../../support/session-records.ts'
import { createSessionRig } from '../../support/session-rig.ts'

const alice = { accessToken: 'of-alice', subject: 'alice' }
const again = { accessToken: 'of-alice-again', subject: 'alice' }
const targetOf = (path: string) => ({ method: 'GET', url: `https://api.test${path}` })
const requestOf = (path: string) =>
  ({ id: 1, method: 'GET', address: `https://api.test${path}`, parsedUrl: null }) as unknown as RequestIdentity

/** The notifier of one client, without requests: the test notes them. */
const createRig = ({ isDisposed = false } = {}) => {
  const items = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  })
  const rig = createSessionRig()
  const { session, clock, store } = rig
  const events: LoginRequiredEvent[] = []
  const notifier = createLoginNotifier({
    session,
    clock,
    name: 'main',
    onLoginRequired: event => void events.push(event),
    isDisposed: () => isDisposed,
  })
  /** The server rejects the refresh for this request, or for none. */
  const lose = async (path?: string) => {
    if (path) notifier.noteRequest(targetOf(path))
    await session.end('refresh-rejected')
    await clock.advance(0)
  }
  /** The session ends in another tab. */
  const loseElsewhere = async () => {
    store.content = storedRecord({ sessionId: 'over', credentials: null, endedBy: 'refresh-rejected' })
    await session.reread()
    await clock.advance(0)
  }
  /** Alice has lost her session to `/x` once, and has signed in again. */
  const startSecondRound = async () => {
    await session.signIn(alice)
    await lose('/x')
    await clock.advance(1000)
    await session.signIn(again)
  }
  return {
    ...rig,
    items,
    events,
    notifier,
    lose,
    loseElsewhere,
    startSecondRound,
    reasons: () => events.map(e => e.reason),
  }
}

describe('the event for the login', () => {
  test('names the request, the user and this tab', async () => {
    const { session, events, lose } = createRig()
    await session.signIn({ cookie: true, subject: 'alice', claims: { name: 'Alice' } })
    await lose('/x')
    expect(events).toEqual([
      {
        reason: 'refresh-rejected',
        returnTo: '/',
        tab: 'this',
        subject: 'alice',
        claims: { name: 'Alice' },
        request: targetOf('/x'),
      },
    ])
  })

  test('names the user who signed in in place of another one', async () => {
    const { session, events, lose } = createRig()
    await session.signIn(alice)
    await session.signIn({ cookie: true, subject: 'bob', claims: { name: 'Bob' } })
    await lose()
    expect(events).toMatchObject([{ subject: 'bob', claims: { name: 'Bob' } }])
  })

  test('names the request and this tab also where no user was signed in', async () => {
    const { clock, events, notifier } = createRig()
    notifier.notSignedIn(targetOf('/x'))
    await clock.advance(0)
    expect(events).toEqual([
      { reason: 'not-signed-in', returnTo: '/', tab: 'this', subject: null, claims: null, request: targetOf('/x') },
    ])
  })

  test('names no request if the session ended in another tab, although one had been noted here', async () => {
    const { session, events, notifier, loseElsewhere } = createRig()
    await session.signIn(alice)
    notifier.noteRequest(targetOf('/x'))
    await loseElsewhere()
    expect(events).toMatchObject([{ tab: 'other', request: null, subject: 'alice' }])
  })

  test('still names the request after a dialog was opened and declined', async () => {
    const { session, events, notifier, lose } = createRig()
    await session.signIn(alice)
    notifier.noteRequest(targetOf('/x'))
    session.suspend(true)
    session.resume()
    await lose()
    expect(events).toMatchObject([{ request: targetOf('/x') }])
  })

  test('is not emitted by a client that was disposed of', async () => {
    const { session, events, items, lose } = createRig({ isDisposed: true })
    await session.signIn(alice)
    await lose('/x')
    expect([events, [...items]]).toEqual([[], []])
  })
})

describe('a login loop (LR-07)', () => {
  test('is one without a request, too, if nothing was accepted since the sign-in', async () => {
    const { reasons, lose, startSecondRound } = createRig()
    await startSecondRound()
    await lose()
    expect(reasons()).toEqual(['refresh-rejected', 'login-loop'])
  })

  test('is none without a request if anything was accepted since the sign-in', async () => {
    const { reasons, notifier, lose, startSecondRound } = createRig()
    await startSecondRound()
    notifier.noteAccepted(requestOf('/any'))
    await lose()
    expect(reasons()).toEqual(['refresh-rejected', 'refresh-rejected'])
  })

  test('counts what was accepted since the last sign-in only', async () => {
    const { session, reasons, notifier, lose, startSecondRound } = createRig()
    await startSecondRound()
    notifier.noteAccepted(requestOf('/x'))
    await session.signIn({ accessToken: 'third', subject: 'alice' })
    await lose('/x')
    expect(reasons()).toEqual(['refresh-rejected', 'login-loop'])
  })

  test.each([
    [199, 'refresh-rejected'],
    [200, 'login-loop'],
  ])('remembers 200 accepted routes at most: after %i others it ends with %s', async (others, reason) => {
    const { reasons, notifier, lose, startSecondRound } = createRig()
    await startSecondRound()
    for (let index = 0; index < others; index += 1) notifier.noteAccepted(requestOf(`/${index}`))
    notifier.noteAccepted(requestOf('/x'))
    await lose('/x')
    expect(reasons()).toEqual(['refresh-rejected', reason])
  })

  test('costs a request nothing while there is no earlier call: it is not even read', async () => {
    const { session, notifier } = createRig()
    await session.signIn(alice)
    const unreadable = new Proxy({}, { get: () => expect.unreachable('the request was read') })
    expect(() => notifier.noteAccepted(unreadable as RequestIdentity)).not.toThrow()
  })

  test('is none after a sign-in in another tab: that one may have helped', async () => {
    const { store, session, clock, reasons, lose } = createRig()
    await session.signIn(alice)
    await lose('/x')
    await clock.advance(1000)
    store.content = storedRecord({ sessionId: 'there' })
    await session.reread()
    expect(session.state.status).toBe('signed-in')
    await lose('/x')
    expect(reasons()).toEqual(['refresh-rejected', 'refresh-rejected'])
  })

  test.each([
    ['server', 'login-loop'],
    ['store', 'refresh-rejected'],
  ] as const)('counts a session that the next page got from the %s: it ends with %s', async (from, reason) => {
    const { store, session, clock, notifier, reasons, lose } = createRig()
    notifier.notSignedIn(targetOf('/x'))
    await clock.advance(1000)
    store.content = storedRecord()
    if (from === 'store') await session.reread()
    else session.applyRenewal(storedRecord(), 0, { cause: 'restore', startedMs: 0 })
    await lose('/x')
    expect(reasons()).toEqual(['not-signed-in', reason])
  })
})

describe('what the tab remembers', () => {
  test('is nothing after a sign-in without an earlier call', async () => {
    const { session, items } = createRig()
    await session.signIn(alice)
    expect([...items]).toEqual([])
  })

  test('is forgotten when another user signs in: their next page may call at once', async () => {
    const { session, clock, notifier, lose } = createRig()
    await session.signIn(alice)
    await lose('/x')
    await clock.advance(1000)
    expect(notifier.isQuiet()).toBe(true)
    await session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    expect(notifier.isQuiet()).toBe(false)
  })

  test('is forgotten on request', async () => {
    const { clock, notifier } = createRig()
    notifier.notSignedIn(targetOf('/x'))
    await clock.advance(1000)
    expect(notifier.isQuiet()).toBe(true)
    notifier.forget()
    expect(notifier.isQuiet()).toBe(false)
  })
})
