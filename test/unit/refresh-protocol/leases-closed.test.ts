import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createSignedInRig, newerTokens, oauthError, type RefreshRig, statusError } from '../../support/refresh-rig.ts'

type Rig = RefreshRig & { readonly id: string }

const answers: readonly (readonly [name: string, answer: (rig: Rig) => void])[] = [
  ['with newer tokens', ({ call }) => call().answer.resolve(newerTokens)],
  ['with another person’s tokens', ({ call }) => call().answer.resolve({ accessToken: 'x', subject: 'carol' })],
  ['with a refusal', ({ call }) => call().answer.reject(oauthError('invalid_grant'))],
  ['with 503', ({ call }) => call().answer.reject(statusError(503))],
  ['with no answer', ({ call }) => call().answer.reject(new TypeError('Failed to fetch'))],
  ['with an answer that is none', ({ call }) => call().answer.resolve({ token: 'x' } as never)],
]
/** How the record moves on and keeps the lease: the refresh token in refresh is still the one to go on with. */
const moves: readonly (readonly [name: string, move: (rig: Rig) => Promise<unknown>])[] = [
  ['the same person signed in here', ({ session }) => session.signIn({ accessToken: 'stepped-up', subject: 'alice' })],
  [
    'the same person signed in in another tab',
    async rig => {
      const { credentials, ...stored } = rig.stored()
      const stepped = credentials && { ...credentials, accessToken: 'stepped-up' }
      rig.store.content = { ...stored, revision: 'r', generation: stored.generation + 1, credentials: stepped }
    },
  ],
  [
    'another tab noted something that is no concern of this refresh',
    async rig => {
      rig.store.content = { ...rig.stored(), revision: 'r', refreshCounts: { started: [1], unhelpful: [] } }
    },
  ],
]
const cases = answers.flatMap(([answer, arrive]) => moves.map(([name, move]) => [answer, name, arrive, move] as const))

const isLeaseOpen = ({ store }: Rig) => {
  const { lease } = store.content as StoredRecord
  return lease !== undefined && lease !== null && !lease.closed
}

describe('a lease is closed by its owner, however the refresh ended', () => {
  test.each(cases)('%s, after %s', async (_answer, _move, arrive, move) => {
    const rig = await createSignedInRig({ ports: { patienceMs: 0 } })
    const { outcome } = rig.refresher.start('rejected')
    await rig.clock.settle()
    expect(isLeaseOpen(rig)).toBe(true)
    await move(rig)
    expect(isLeaseOpen(rig)).toBe(true)
    arrive(rig)
    await outcome
    expect(isLeaseOpen(rig)).toBe(false)
  })

  test.each(answers)('%s, after this page was disposed of', async (_answer, arrive) => {
    const rig = await createSignedInRig()
    rig.refresher.start('rejected')
    await rig.clock.settle()
    rig.refresher.dispose()
    arrive(rig)
    await rig.clock.settle()
    expect(isLeaseOpen(rig)).toBe(false)
  })

  test('also if nothing was sent, because the page had slept after the lease and needed no refresh any more', async () => {
    const rig = await createSignedInRig()
    const held = rig.store.hold('compareAndSet', 'before')
    const flight = rig.start()
    await held.reached
    rig.clock.sleepFor(3000)
    await rig.session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
    held.open()
    expect((await flight.done).kind).toBe('adopted')
    expect([rig.calls.length, isLeaseOpen(rig)]).toEqual([0, false])
  })

  test('so that the next refresh does not wait for it', async () => {
    const rig = await createSignedInRig()
    const first = rig.refresher.start('rejected')
    await rig.clock.settle()
    await rig.session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
    rig.call().answer.reject(statusError(503))
    await first.outcome
    await rig.clock.advance(1000)
    rig.refresher.start('rejected')
    await rig.clock.settle()
    expect(rig.calls.length).toBe(2)
  })
})

describe('the backoff of a 503', () => {
  test('is stored also if another tab wrote something meanwhile', async () => {
    const rig = await createSignedInRig()
    const flight = rig.start()
    await rig.clock.settle()
    rig.store.content = { ...rig.stored(), revision: 'r', refreshCounts: { started: [1], unhelpful: [] } }
    rig.call().answer.reject(statusError(503))
    expect(await flight.done).toMatchObject({ kind: 'unavailable' })
    expect(rig.stored()).toMatchObject({ failures: 1, retryAt: expect.any(Number), refreshCounts: { started: [1] } })
  })
})

describe('another tab’s leases, one after the other', () => {
  test('are waited for ten times, and then the refresh is unavailable: a store that shows new ones for ever is broken', async () => {
    const rig = await createSignedInRig()
    const { read } = rig.store
    let made = 0
    rig.store.read = name => {
      made += 1
      const lease = { id: `lease-${made}`, generation: 0, startedAt: rig.clock.wallMs(), underLock: false }
      return { ...(read(name) as StoredRecord), lease } as StoredRecord
    }
    const flight = rig.start()
    await rig.clock.advance(10_000)
    expect([flight.outcome?.kind, rig.calls.length]).toEqual(['unavailable', 0])
  })
})
