import { describe, expect, test } from 'vitest'
import type { Lease, StoredRecord } from '../../../src/session/session-store.ts'
import { createSignedInRig, newerTokens, oauthError } from '../../support/refresh-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const startSent = async (options?: Parameters<typeof createSignedInRig>[0]) => {
  const rig = await createSignedInRig(options)
  const flight = rig.start()
  await rig.clock.settle()
  const writes = () => rig.store.calls.filter(call => call === 'compareAndSet').length
  const leaseOf = (more: Partial<Lease> = {}): Lease => ({
    id: 'another',
    generation: 0,
    startedAt: rig.clock.wallMs(),
    underLock: false,
    ...more,
  })
  /** Another tab writes this into the record. */
  const write = (more: Partial<StoredRecord>) => {
    rig.store.content = { ...rig.stored(), revision: `r-${rig.store.calls.length}-${rig.clock.wallMs()}`, ...more }
  }
  return { ...rig, flight, writes, leaseOf, write, before: writes() }
}

describe('a rejection, while another tab has the same token in a token request', () => {
  test('waits for that one: its tokens are newer', async () => {
    const { clock, session, flight, call, leaseOf, write, id } = await startSent()
    write({ lease: leaseOf() })
    call().answer.reject(oauthError('invalid_grant'))
    await clock.advance(3000)
    expect([flight.outcome, session.state.status]).toEqual([undefined, 'signed-in'])
    write({ ...storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf(newerTokens) }), lease: null })
    await clock.advance(250)
    expect(flight.outcome?.kind).toBe('adopted')
    expect(session.state.credentials).toMatchObject(newerTokens)
  })

  test('ends the session as soon as that one has failed', async () => {
    const { clock, session, flight, call, leaseOf, write } = await startSent()
    write({ lease: leaseOf() })
    call().answer.reject(oauthError('invalid_grant'))
    await clock.advance(3000)
    write({ lease: leaseOf({ closed: true }) })
    await clock.advance(250)
    expect([flight.outcome?.kind, session.state.status]).toEqual(['rejected', 'signed-out'])
  })

  test('waits for ten of them, and no longer: a store that shows new ones for ever is broken', async () => {
    const { store, clock, session, flight, call, leaseOf, write } = await startSent()
    write({ lease: leaseOf() })
    const { read } = store
    let made = 0
    store.read = name => {
      made += 1
      return { ...(read(name) as StoredRecord), lease: leaseOf({ id: `lease-${made}` }) }
    }
    call().answer.reject(oauthError('invalid_grant'))
    await clock.advance(2499)
    expect(session.state.status).toBe('signed-in')
    await clock.advance(1)
    expect([flight.outcome?.kind, session.state.status]).toEqual(['rejected', 'signed-out'])
  })

  test('waits for nobody where the record has no lease any more', async () => {
    const { flight, call, write } = await startSent()
    write({ lease: null })
    call().answer.reject(oauthError('invalid_grant'))
    expect((await flight.done).kind).toBe('rejected')
  })
})

describe('tokens that came, while another tab has the old one in a token request', () => {
  test('are stored at once: they are what that one waits for', async () => {
    const { flight, call, leaseOf, write, stored } = await startSent()
    write({ lease: leaseOf() })
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('refreshed')
    expect(stored()).toMatchObject({ generation: 1, credentials: newerTokens })
  })

  test('of another user, while another tab has stored newer ones: these are adopted, and no session ends', async () => {
    const { session, flight, call, write, told, id } = await startSent()
    write(storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf(newerTokens) }))
    call().answer.resolve({ accessToken: 'of-bob', refreshToken: 'refresh-of-bob', subject: 'bob' })
    expect((await flight.done).kind).toBe('adopted')
    expect([session.state.credentials?.accessToken, told.includes('ended:this')]).toEqual(['access-2', false])
  })
})

describe('a store that refuses every write, although its record does not change', () => {
  test('is given up after eleven writes of the tokens, and ten that would close the lease', async () => {
    const { store, flight, call, writes, before } = await startSent()
    store.fail('compareAndSet', { answers: false })
    call().answer.resolve(newerTokens)
    await expect(flight.done).rejects.toThrow('The store refuses to write.')
    expect(writes() - before).toBe(21)
  })

  test('is given up after eleven leases: nothing is sent', async () => {
    const { store, start, calls } = await createSignedInRig()
    store.fail('compareAndSet', { answers: false })
    expect(await start().done).toMatchObject({ kind: 'unavailable', reason: 'store', retryAfterMs: 500 })
    expect([store.calls.filter(call => call === 'compareAndSet').length, calls.length]).toEqual([11, 0])
  })

  test('is given up after eleven leases, too, where another tab has left a closed one: that was not waited for', async () => {
    const { store, clock, start, stored } = await createSignedInRig()
    const lease = { id: 'another', generation: 0, startedAt: clock.wallMs(), underLock: false, closed: true }
    store.content = { ...stored(), revision: 'r', lease }
    store.fail('compareAndSet', { answers: false })
    await start().done
    expect(store.calls.filter(call => call === 'compareAndSet')).toHaveLength(11)
  })

  test('and cannot be emptied either, so that others would send the token: it is not leased again and again', async () => {
    const { store, start, calls } = await createSignedInRig()
    store.fail('compareAndSet', 'rejects')
    store.fail('remove', 'rejects')
    expect(await start().done).toMatchObject({ kind: 'unavailable', reason: 'store' })
    expect(store.calls.filter(call => call === 'compareAndSet').length).toBeLessThan(5)
    expect(calls).toEqual([])
  })
})

describe('a step-up while the token is on its way', () => {
  const startSteppedUp = async (more: object = {}) => {
    const rig = await startSent(more)
    await rig.session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
    return { ...rig, before: rig.writes() }
  }

  test('gets the rotated refresh token, although another tab writes meanwhile', async () => {
    const { store, flight, call, stored } = await startSteppedUp()
    store.fail('compareAndSet', { answers: false }, 1)
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('refreshed')
    expect(stored().credentials).toMatchObject({ accessToken: 'stepped-up', refreshToken: 'refresh-2' })
  })

  test('keeps its refresh token if the server does not rotate: nothing is written again', async () => {
    const { flight, call, stored } = await startSteppedUp()
    const { generation } = stored()
    call().answer.resolve({ accessToken: 'access-2' })
    expect((await flight.done).kind).toBe('adopted')
    expect(stored()).toMatchObject({
      generation,
      credentials: { accessToken: 'stepped-up', refreshToken: 'refresh-1' },
    })
  })

  test('is written ten times at most, to a store that refuses', async () => {
    const { store, flight, call, stored, writes, before } = await startSteppedUp()
    store.fail('compareAndSet', { answers: false }, 10)
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('adopted')
    expect(stored().credentials).toMatchObject({ accessToken: 'stepped-up', refreshToken: 'refresh-1' })
    // The ten, and one that closes the lease.
    expect(writes() - before).toBe(11)
  })
})

test('A lease that the record kept is closed, not removed: the response of its token is not known', async () => {
  const { session, flight, call, stored } = await startSent()
  const own = stored().lease?.id
  await session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
  call().answer.resolve({ accessToken: 'access-2' })
  await flight.done
  expect(stored().lease).toMatchObject({ id: own, closed: true })
})

test('After a login that did not say whose it was, the token request names nobody', async () => {
  const { store, clock, start, call, stored } = await createSignedInRig({ ambient: true })
  const { credentials } = stored()
  store.content = { ...stored(), revision: 'r', credentials: credentials && { ...credentials, ownerUnverified: true } }
  start()
  await clock.settle()
  expect(call().refreshToken).toBeUndefined()
})
