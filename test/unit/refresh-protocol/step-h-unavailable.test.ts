import { describe, expect, test } from 'vitest'
import { createSignedInRig, newerTokens, oauthError, statusError } from '../../support/refresh-rig.ts'
import { storedRecord } from '../../support/session-records.ts'

const startSent = async (options?: Parameters<typeof createSignedInRig>[0]) => {
  const rig = await createSignedInRig(options)
  const flight = rig.start()
  await rig.clock.settle()
  return { ...rig, flight }
}

/** The server surely did not rotate. */
const answered: readonly (readonly [name: string, error: unknown])[] = [
  ['429', statusError(429)],
  ['503', statusError(503)],
  ['an OAuth error that is no refusal', oauthError('temporarily_unavailable')],
]
/** Nobody knows. */
const unknown: readonly (readonly [name: string, error: unknown])[] = [
  ['a network error', new TypeError('Failed to fetch')],
  ['a timeout', new DOMException('late', 'TimeoutError')],
  ['408', statusError(408)],
  ['500', statusError(500)],
  ['502', statusError(502)],
  ['504', statusError(504)],
  ['something that is no answer', undefined],
]

describe('step h: unavailable', () => {
  test.each([...answered, ...unknown])(
    'RF-10: %s: the tokens stay, nothing ends, and a backoff is stored for all tabs',
    async (_name, error) => {
      const { clock, session, flight, call, stored, told } = await startSent()
      clock.setRandom(0.5)
      if (error === undefined) call().answer.resolve({ token: 'x' } as never)
      else call().answer.reject(error)
      expect(await flight.done).toMatchObject({ kind: 'unavailable', retryAfterMs: 500 })
      expect(stored()).toMatchObject({ generation: 0, failures: 1, retryAt: clock.wallMs() + 500 })
      expect(stored().credentials?.refreshToken).toBe('refresh-1')
      expect([session.state.status, session.state.generation]).toEqual(['signed-in', 0])
      expect(told).toEqual(['signed-in:this'])
    },
  )

  test.each(answered)('%s: the lease is withdrawn', async (_name, error) => {
    const { flight, call, stored } = await startSent()
    call().answer.reject(error)
    await flight.done
    expect(stored().lease ?? null).toBeNull()
  })

  test.each(unknown)(
    'promise 10: %s: the lease stays, closed, and says that a response was lost',
    async (_name, error) => {
      const { flight, call, stored } = await startSent()
      const id = stored().lease?.id
      if (error === undefined) call().answer.resolve({ token: 'x' } as never)
      else call().answer.reject(error)
      await flight.done
      expect(stored().lease).toMatchObject({ id, closed: true })
    },
  )

  test('RF-13: one refresh sends a token once, whatever its outcome', async () => {
    for (const [, error] of unknown) {
      const { clock, flight, call, calls } = await startSent()
      call().answer.reject(error)
      await flight.done
      await clock.advance(600_000)
      expect(calls.length).toBe(1)
    }
  })

  test('RF-12: the backoff is never shorter than Retry-After, and jitter comes on top', async () => {
    const { clock, flight, call } = await startSent()
    clock.setRandom(0.25)
    call().answer.reject(statusError(503, { 'retry-after': '30' }))
    expect(await flight.done).toMatchObject({ retryAfterMs: 30_250 })
  })

  test('failures in a row wait longer and longer, up to a minute; a lost response no longer than the reuse interval', async () => {
    const { clock, start, call } = await createSignedInRig()
    clock.setRandom(() => 0.999999)
    const waits: number[] = []
    for (let round = 0; round < 8; round += 1) {
      const flight = start()
      await clock.settle()
      call(round).answer.reject(statusError(503))
      const outcome = await flight.done
      const waitMs = outcome.kind === 'unavailable' ? outcome.retryAfterMs : 0
      waits.push(waitMs)
      await clock.advance(waitMs)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
    const flight = start()
    await clock.settle()
    call(8).answer.reject(new TypeError('Failed to fetch'))
    expect(await flight.done).toMatchObject({ retryAfterMs: 30_000 })
  })

  test.each(['throws', 'rejects', 'hangs'] as const)(
    'if storing the backoff %s, this page still keeps to it',
    async fault => {
      const { store, clock, records, flight, call } = await startSent()
      clock.setRandom(0.5)
      store.fail('compareAndSet', fault, 1)
      call().answer.reject(statusError(503, { 'retry-after': '30' }))
      await clock.advance(2000)
      expect(flight.outcome?.kind).toBe('unavailable')
      expect(records.latest).toMatchObject({ failures: 1, retryAt: expect.any(Number) })
    },
  )

  test('a record that another tab stored meanwhile is left as it is', async () => {
    const { store, flight, call } = await startSent()
    const over = storedRecord({ sessionId: 'over', credentials: null })
    store.content = over
    call().answer.reject(statusError(503))
    await flight.done
    expect(store.content).toBe(over)
  })

  test('RT-06: a sign-out meanwhile stands, and no failure is reported for a session that is over', async () => {
    const { session, clock, refresher, call, told } = await createSignedInRig()
    const failures: unknown[] = []
    session.listenersOf('refresh-failed').add(event => void failures.push(event))
    refresher.start('rejected')
    await clock.settle()
    await session.signOut()
    call().answer.reject(statusError(503))
    await clock.settle()
    expect(session.state.status).toBe('signed-out')
    expect([failures.length, told]).toEqual([0, ['signed-in:this', 'ended:this']])
  })

  test('after a new sign-in of the same user meanwhile waiting requests continue with its token, and none rejects', async () => {
    const { session, clock, refresher, call, stored } = await createSignedInRig()
    const { outcome } = refresher.start('rejected')
    await clock.settle()
    await session.signIn({ accessToken: 'again', refreshToken: 'refresh-again', subject: 'alice' })
    call().answer.reject(statusError(503))
    expect((await outcome).kind).toBe('adopted')
    expect(stored()).toMatchObject({ generation: 1, credentials: { refreshToken: 'refresh-again' } })
    expect(stored().retryAt).toBeUndefined()
  })

  test('if another tab has stored newer tokens meanwhile, waiting requests continue with those', async () => {
    const { store, session, clock, refresher, call, id } = await createSignedInRig()
    const { outcome } = refresher.start('rejected')
    await clock.settle()
    store.content = storedRecord({ sessionId: id, generation: 1 })
    call().answer.reject(new TypeError('Failed to fetch'))
    expect((await outcome).kind).toBe('adopted')
    expect(session.state.generation).toBe(1)
  })
})

describe('promise 10: after a lost response', () => {
  test('the next refresh sends the same token once more, and its outcome counts', async () => {
    const { clock, session, start, call, calls, flight } = await startSent()
    call().answer.reject(new TypeError('Failed to fetch'))
    await flight.done
    await clock.advance(30_000)
    const next = start()
    await clock.settle()
    expect(calls.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-1'])
    call(1).answer.resolve(newerTokens)
    expect((await next.done).kind).toBe('refreshed')
    expect(session.state.generation).toBe(1)
  })

  test('while responses go on being lost, nothing ends, however often', async () => {
    const { clock, session, start, call, calls } = await createSignedInRig()
    for (let round = 0; round < 20; round += 1) {
      const flight = start()
      await clock.settle()
      call(round).answer.reject(new TypeError('Failed to fetch'))
      expect((await flight.done).kind).toBe('unavailable')
      await clock.advance(30_000)
    }
    expect([calls.length, session.state.status]).toEqual([20, 'signed-in'])
  })

  test('the deadline of the refresh counts as a lost response', async () => {
    const { clock, flight, stored } = await startSent()
    await clock.advance(10_000)
    expect(flight.outcome).toMatchObject({ kind: 'unavailable', reason: 'timeout' })
    expect(stored().lease?.closed).toBe(true)
  })
})
