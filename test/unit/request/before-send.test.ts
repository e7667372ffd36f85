import { describe, expect, test, vi } from 'vitest'
import type { Outcome } from '../../../src/refresh/refresh-ports.ts'
import { unavailable } from '../../../src/refresh/unavailable.ts'
import type { AuthRequestOptions } from '../../../src/request/request-context.ts'
import { initialState } from '../../../src/session/state.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createRequestRig, flightOf, type Surroundings, signedIn, signedOut } from '../../support/request-rig.ts'

const down = unavailable('network', 1000, 'down')
const target = { method: 'GET', url: 'https://api.test/a' }
const dialog = (kind: 'login' | 'step-up') => ({ kind, outcome: new Promise<never>(() => {}), sessionId: null })

/** What becomes of a promise: the code and the reason of its error, or 'resolved'. */
const endOf = async (promise: Promise<unknown> | undefined) => {
  try {
    await promise
    return 'resolved'
  } catch (error) {
    const { code, reason, message } = error as { code?: string; reason?: string; message: string }
    return code ? `${code}: ${reason}` : message
  }
}

describe('Before it is known whether a user is signed in, a request waits for the first refresh', () => {
  type Auth = AuthRequestOptions['auth']
  const cases: readonly (readonly [string, Auth, Outcome, string])[] = [
    ['brings a session', undefined, { kind: 'refreshed' }, 'resolved'],
    ['is unavailable', undefined, down, 'refresh-unavailable: network'],
    ['is unavailable', 'optional', down, 'resolved'],
    ['finds that no user is signed in', undefined, { kind: 'rejected', reason: 'refresh-rejected' }, 'resolved'],
    ['finds that no user is signed in', 'optional', { kind: 'rejected', reason: 'refresh-rejected' }, 'resolved'],
    ['is given up by dispose()', undefined, { kind: 'disposed' }, 'session-ended: disposed'],
    ['is given up by dispose()', 'optional', { kind: 'disposed' }, 'session-ended: disposed'],
  ]
  test.each(cases)('that %s (auth: %s)', async (_, auth, outcome, end) => {
    const rig = createRequestRig({ state: initialState })
    const context = rig.request({ auth })
    const flight = createDeferred<Outcome>()
    rig.around.outcome = flight.promise
    const waiting = rig.beforeSend(context)
    if (outcome.kind === 'refreshed') rig.around.state = signedIn
    else if (outcome.kind === 'rejected') rig.around.state = signedOut
    flight.resolve(outcome)
    expect(await endOf(waiting)).toBe(end)
    expect(rig.told).toEqual([
      ['start', 'restore'],
      ['noteRequest', target],
    ])
    expect(rig.steps()).toEqual(['waiting for refresh'])
    const isFound = outcome.kind === 'refreshed'
    if (end === 'resolved')
      expect([context.isAnonymous, context.sessionId]).toEqual([!isFound, isFound ? 'session-a' : null])
  })

  test.each([undefined, 'optional'] as const)('and rejects with the reason of its signal (auth: %s)', async auth => {
    const rig = createRequestRig({ state: initialState, outcome: new Promise(() => {}) })
    const controller = new AbortController()
    const waiting = rig.beforeSend(rig.request({ auth, signal: controller.signal }))
    controller.abort(new Error('left'))
    expect(await endOf(waiting)).toBe('left')
  })

  test('except with keepalive: it is sent without credentials', () => {
    const rig = createRequestRig({ state: initialState })
    const context = rig.request({ keepalive: true })
    expect([rig.beforeSend(context), context.isAnonymous, rig.told]).toEqual([undefined, true, []])
  })
})

describe('Whose a request is', () => {
  const sentBy = (given: Partial<Surroundings>) => {
    const rig = createRequestRig(given)
    const context = rig.request()
    expect(rig.beforeSend(context)).toBeUndefined()
    return [context.isAnonymous, context.sessionId]
  }
  test.each<[string, Partial<Surroundings>, readonly [boolean, string | null]]>([
    ['the session’s, with a user signed in', {}, [false, 'session-a']],
    ['nobody’s, with no user signed in', { state: signedOut }, [true, null]],
    [
      'the session’s, without credentials, while its login dialog is open',
      { reauthentication: dialog('login') },
      [true, 'session-a'],
    ],
    [
      'the session’s, with credentials, while a step-up is open',
      { reauthentication: dialog('step-up') },
      [false, 'session-a'],
    ],
    [
      'nobody’s, while the dialog for a first login is open',
      { state: signedOut, reauthentication: dialog('login') },
      [true, null],
    ],
  ])('is %s', (_, given, expected) => {
    expect(sentBy(given)).toEqual(expected)
  })

  test.each([
    ['another user’s, who signed in meanwhile', { ...signedIn, sessionId: 'session-b' }, 'replaced'],
    ['nobody’s any more', { ...signedOut, endReason: 'signed-out' as const }, 'signed-out'],
  ])('does not change: it is not sent as %s', (_, state, reason) => {
    const rig = createRequestRig({ state })
    const context = Object.assign(rig.request(), { sessionId: 'session-a' })
    expect(() => rig.beforeSend(context)).toThrow(expect.objectContaining({ code: 'session-ended', reason }))
    expect(rig.told).toEqual([])
  })
})

describe('While the store is read', () => {
  const read = async (changes: Partial<Surroundings>, given: Partial<Surroundings> = {}) => {
    const reading = createDeferred()
    const rig = createRequestRig({ syncing: reading.promise, ...given })
    const context = rig.request()
    const waiting = rig.beforeSend(context)
    expect(rig.steps()).toEqual(['waiting for store'])
    Object.assign(rig.around, changes)
    reading.resolve()
    return [await endOf(waiting), context.sessionId, context.isAnonymous]
  }
  test.each<[string, Partial<Surroundings>, Partial<Surroundings>, readonly unknown[]]>([
    ['that finds the same session, a request is sent', {}, {}, ['resolved', 'session-a', false]],
    [
      'that finds a session, a request of nobody is sent as its user',
      {},
      { state: signedOut },
      ['resolved', 'session-a', false],
    ],
    [
      'that finds nobody, a request of nobody is sent without credentials',
      { state: signedOut },
      { state: initialState },
      ['resolved', null, true],
    ],
    [
      'that finds another user, a request of the former one is not sent',
      { state: { ...signedIn, sessionId: 'session-b' } },
      {},
      ['session-ended: replaced', 'session-a', false],
    ],
    [
      'that finds a sign-out, a request is not sent',
      { state: signedOut },
      {},
      ['session-ended: not-signed-in', 'session-a', true],
    ],
    [
      'and the client is disposed, a request is not sent',
      { isDisposed: true },
      {},
      ['session-ended: disposed', 'session-a', false],
    ],
  ])('%s', async (_, changes, given, expected) => {
    expect(await read(changes.state || changes.isDisposed ? changes : { state: signedIn }, given)).toEqual(expected)
  })

  test('a keepalive request does not wait', () => {
    const rig = createRequestRig({ syncing: new Promise(() => {}) })
    expect([rig.beforeSend(rig.request({ keepalive: true })), rig.steps()]).toEqual([undefined, []])
  })
})

describe('A refresh that runs', () => {
  test.each([true, false])('and blocks requests (%s) is waited for only if it does', async blocksRequests => {
    const rig = createRequestRig({ running: flightOf({ kind: 'refreshed' }, blocksRequests) })
    const waiting = rig.beforeSend(rig.request())
    await waiting
    expect([waiting !== undefined, rig.told]).toEqual([blocksRequests, blocksRequests ? [['noteRequest', target]] : []])
  })

  test('is joined for an expired token, though no other could begin', async () => {
    const rig = createRequestRig({ age: 'expired', running: flightOf({ kind: 'refreshed' }, false), block: down })
    expect(await endOf(rig.beforeSend(rig.request()))).toBe('resolved')
    expect(rig.callsOf('start')).toEqual([['expired', undefined]])
  })
})

describe('An expired token', () => {
  test('is refreshed first', async () => {
    const rig = createRequestRig({ age: 'expired' })
    expect(await endOf(rig.beforeSend(rig.request()))).toBe('resolved')
    expect(rig.told).toEqual([
      ['start', 'expired', undefined],
      ['noteRequest', target],
    ])
  })
  test('rejects the request at once if no refresh can begin soon', async () => {
    const rig = createRequestRig({ age: 'expired', block: down })
    expect(await endOf(rig.beforeSend(rig.request()))).toBe('refresh-unavailable: network')
    expect(rig.told).toEqual([])
  })
  test('is not looked at for a request without credentials', () => {
    const rig = createRequestRig({ age: 'expired', state: signedOut })
    expect([rig.beforeSend(rig.request()), rig.told]).toEqual([undefined, []])
  })
})

describe('An expiring token', () => {
  const stream = { method: 'POST', body: new ReadableStream(), duplex: 'half' } as const
  const expiring = (given: Partial<Surroundings> = {}) => createRequestRig({ age: 'expiring', ...given })

  test('is used, while a refresh for the next requests starts', () => {
    const rig = expiring()
    expect([rig.beforeSend(rig.request()), rig.told]).toEqual([undefined, [['start', 'expiring', undefined]]])
  })
  test('starts none where one runs', () => {
    const rig = expiring({ running: flightOf({ kind: 'refreshed' }, false) })
    expect([rig.beforeSend(rig.request()), rig.told]).toEqual([undefined, []])
  })
  test('starts none where none may begin, also for a stream', () => {
    const rig = expiring({ block: down })
    expect([rig.beforeSend(rig.request(stream)), rig.told]).toEqual([undefined, []])
  })
  test('starts none in a hidden page', () => {
    vi.stubGlobal('document', { visibilityState: 'hidden' })
    const rig = expiring()
    expect([rig.beforeSend(rig.request()), rig.told]).toEqual([undefined, []])
  })

  test.each<[string, Outcome, string]>([
    ['has brought a newer one', { kind: 'refreshed' }, 'resolved'],
    ['is unavailable: the token is still good', down, 'resolved'],
    ['is given up by dispose()', { kind: 'disposed' }, 'session-ended: disposed'],
  ])('with a stream waits until the refresh %s', async (_, outcome, end) => {
    for (const running of [null, flightOf(outcome, false)]) {
      const rig = expiring({ running, outcome })
      expect(await endOf(rig.beforeSend(Object.assign(rig.request(stream), { sessionId: 'session-a' })))).toBe(end)
      expect(rig.callsOf('noteRequest')).toEqual([[{ ...target, method: 'POST' }]])
    }
  })

  test.each<[string, Partial<Surroundings>, string]>([
    ['waits for the next refresh', { outcome: { kind: 'refreshed' } }, 'resolved'],
    ['is not sent, if that is unavailable, too', { outcome: down }, 'refresh-unavailable: network'],
    ['is not sent, if none may begin', { block: down }, 'refresh-unavailable: network'],
  ])('that expires while a stream waits for an unavailable refresh: the stream %s', async (_, then, end) => {
    const first = createDeferred<Outcome>()
    const rig = expiring({ running: flightOf(first.promise, false) })
    const waiting = rig.beforeSend(Object.assign(rig.request(stream), { sessionId: 'session-a' }))
    Object.assign(rig.around, { age: 'expired', running: null, ...then })
    first.resolve(down)
    expect(await endOf(waiting)).toBe(end)
  })

  test.each([{ replay: false }, { keepalive: true }])('does not hold up a request with %o', init => {
    const rig = expiring()
    expect(rig.beforeSend(rig.request(init))).toBeUndefined()
  })
})

test('The age and the flight that matter are those of the audience of the origin', async () => {
  const asked: unknown[] = []
  const note =
    <Answer>(answer: Answer) =>
    (audience?: string) => {
      asked.push(audience)
      return answer
    }
  const { ports } = createRequestRig()
  const rig = createRequestRig(
    {},
    {
      strategy: { audienceOf: origin => `urn:${origin}` },
      ageOf: note('expired' as const),
      refresher: {
        ...ports.refresher,
        flightOf: note(null),
        start: (_, audience) => note(flightOf({ kind: 'refreshed' }))(audience),
      },
    },
  )
  await rig.beforeSend(rig.request())
  expect(asked).toEqual(Array(3).fill('urn:https://api.test'))
})
