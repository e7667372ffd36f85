import { describe, expect, test, vi } from 'vitest'
import { createRefreshElsewhere } from '../../../src/refresh/refresh-elsewhere.ts'
import type { SessionCore } from '../../../src/session/session.ts'
import { createControlledClock } from '../../support/clock.ts'
import { signedIn } from '../../support/request-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

const newer = { ...signedIn, generation: 1, credentials: credentialsOf({ accessToken: 'newer' }) }
const open = { lease: { id: 'lease-of-another' } }

interface Changes {
  readonly strategy?: Parameters<typeof createRefreshElsewhere>[0]['strategy']
  readonly records?: Partial<SessionCore['records']>
  readonly isDisposed?: boolean
}

const start = ({ strategy = {}, records: given = {}, isDisposed = false }: Changes = {}) => {
  const clock = createControlledClock()
  const changed = new Set<() => void>()
  const records = { shared: true, state: 'synced', latest: null as unknown, ...given }
  const around = { state: signedIn, isDisposed }
  const reread = vi.fn(async () => {})
  const session = {
    get state() {
      return around.state
    },
    records,
    reread,
    changed: {
      add: (listener: () => void) => {
        changed.add(listener)
        return () => changed.delete(listener)
      },
    },
  } as unknown as SessionCore
  const look = createRefreshElsewhere({ session, clock, strategy, isDisposed: () => around.isDisposed })
  /** The milliseconds that it takes; `null`: it does not look. */
  const lookFor = async () => {
    const looking = look()
    if (!looking) return null
    let endedMs = Number.NaN
    const startedMs = clock.monotonicMs()
    void looking.then(() => {
      endedMs = clock.monotonicMs() - startedMs
    })
    await clock.advance(5000)
    return endedMs
  }
  /** A look that waits for an open lease. Called when it ends. */
  const begin = async () => {
    records.latest = open
    const ended = vi.fn()
    void look()?.then(ended)
    await clock.settle()
    return ended
  }
  return { clock, changed, records, around, reread, look, lookFor, begin }
}

describe('A look for the refresh of another tab', () => {
  test('reads the store once where no token request is under way', async () => {
    for (const latest of [null, { lease: null }, {}, { lease: { id: 'a', closed: true } }]) {
      const { lookFor, records, reread, changed } = start()
      records.latest = latest
      expect(await lookFor()).toBe(0)
      expect([reread.mock.calls.length, changed.size]).toEqual([1, 0])
    }
  })
  test('looks again while one is, for two seconds', async () => {
    const { lookFor, records, reread } = start()
    records.latest = open
    expect(await lookFor()).toBe(2000)
    expect(reread).toHaveBeenCalledTimes(9)
  })
  test('waits for a lease in vain only once: its tab may be gone', async () => {
    const { lookFor, records } = start()
    records.latest = open
    expect([await lookFor(), await lookFor()]).toEqual([2000, 0])
    records.latest = { lease: { id: 'another' } }
    expect(await lookFor()).toBe(2000)
  })
  test('waits for a lease that began during a wait in vain, or at its very end', async () => {
    for (const begunAtMs of [1000, 2000]) {
      const { clock, lookFor, records, reread } = start()
      records.latest = open
      const startedMs = clock.monotonicMs()
      reread.mockImplementation(async () => {
        if (clock.monotonicMs() - startedMs >= begunAtMs) records.latest = { lease: { id: 'of a tab that is there' } }
      })
      expect([await lookFor(), await lookFor(), await lookFor()]).toEqual([2000, 2000, 0])
    }
  })
  test('remembers a lease that was waited for in vain over a look that read too slowly to wait', async () => {
    const { clock, lookFor, records, reread } = start()
    records.latest = open
    expect(await lookFor()).toBe(2000)
    reread.mockImplementationOnce(() => new Promise<void>(resolve => clock.setTimer(resolve, 2500)))
    expect([await lookFor(), await lookFor()]).toEqual([2500, 0])
  })
  test.each([null, { lease: null }])('ends where a slow store shows no lease in the end (%o)', async latest => {
    const { clock, lookFor, records, reread } = start()
    records.latest = open
    reread.mockImplementation(async () => {
      await new Promise<void>(resolve => clock.setTimer(resolve, 2500))
      records.latest = latest
    })
    expect(await lookFor()).toBe(2500)
  })
  test('does not wait in a hidden page, where a timer may be a minute late', async () => {
    vi.stubGlobal('document', { visibilityState: 'hidden' })
    const { lookFor, records } = start()
    records.latest = open
    expect(await lookFor()).toBe(0)
  })
  test('ends when the request has ended', async () => {
    const { lookFor, records, reread } = start()
    records.latest = open
    reread.mockImplementation(async () => {
      if (reread.mock.calls.length === 3) records.latest = { lease: null }
    })
    expect(await lookFor()).toBe(500)
  })
  test('ends when this page has a newer token, whatever lease there is', async () => {
    const { lookFor, records, around, reread } = start()
    records.latest = open
    reread.mockImplementation(async () => {
      if (reread.mock.calls.length === 2) around.state = newer
    })
    expect(await lookFor()).toBe(250)
  })
  test('is woken by a message: in a hidden page a timer comes late', async () => {
    const { clock, begin, around, changed } = start()
    const ended = await begin()
    around.state = newer
    for (const wake of changed) wake()
    await clock.settle()
    expect(ended).toHaveBeenCalledOnce()
  })
  test('is shared by all that look at the same time, reads once more for them, and is made anew afterwards', async () => {
    const { look, reread } = start()
    const first = look()
    for (let joined = 0; joined < 1000; joined += 1) expect(look()).toBe(first)
    await first
    expect(reread).toHaveBeenCalledTimes(2)
    expect(look()).not.toBe(first)
    expect(reread).toHaveBeenCalledTimes(3)
  })
  test('ends with the client', async () => {
    const { clock, begin, around, reread } = start()
    const ended = await begin()
    around.isDisposed = true
    await clock.advance(250)
    expect(ended).toHaveBeenCalledOnce()
    expect(reread).toHaveBeenCalledOnce()
  })
  test('does not wait for a lease where there are several audiences: it may be its own', async () => {
    const { lookFor, records } = start({ strategy: { audienceOf: () => undefined } })
    records.latest = open
    expect(await lookFor()).toBe(0)
  })
  test.each([
    ['an ambient session has no token: the cookie is that of all tabs', credentialsOf({ accessToken: null })],
    ['there is no session', null],
  ])('looks where %s', async (_, credentials) => {
    const { lookFor, around } = start({ strategy: { ambient: true } })
    around.state = { ...signedIn, credentials }
    expect(await lookFor()).toBe(0)
  })
  test.each<[string, Changes]>([
    ['no other tab sees the store', { records: { shared: false } }],
    ['the store does not work', { records: { state: 'ahead' } }],
    ['each tab has a token of its own', { strategy: { ambient: true } }],
    ['the client was disposed of', { isDisposed: true }],
  ])('does not look where %s', async (_, changes) => {
    expect(await start(changes).lookFor()).toBeNull()
  })
})
