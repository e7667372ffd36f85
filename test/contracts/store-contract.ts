import { beforeEach, describe, expect, test } from 'vitest'
import type { SessionRecord, SessionStore } from '../../src/session/session-store.ts'

/** One storage, and ways to it. */
export interface StoreUnderTest {
  /** A further handle onto the same storage: another tab, or another client of this page. */
  open(): SessionStore
  /** Puts a value where the record of that name rests, as only somebody else would. */
  putInstead?(name: string, value: unknown): Promise<void> | void
}

export const recordOf = (
  revision: string,
  more: Partial<SessionRecord> & Record<string, unknown> = {},
): SessionRecord => ({
  version: 1,
  revision,
  sessionId: 'session-one',
  generation: 1,
  credentials: {
    accessToken: `token-${revision}`,
    refreshToken: 'r\u00e4tsel \u{1f511} "\\',
    lifetimeMs: 3e5,
    sentAt: 1.7e12,
  },
  ...more,
})

const everything = recordOf('whole', {
  subject: null,
  lease: { id: 'c', generation: 1, startedAt: 1_700_000_000_000, underLock: true, closed: true },
  refreshCounts: { started: [1, 2, 3], unhelpful: [] },
  fromALaterVersion: { nested: [null, true, -0.5, ''] },
})

/**
 * What every store promises the refresh. `make` gives an empty storage.
 */
export function storeContract(name: string, make: () => Pick<StoreUnderTest, 'open'>): void {
  describe(`${name}, as every store`, () => {
    let storage: Pick<StoreUnderTest, 'open'>
    let store: SessionStore
    beforeEach(() => {
      storage = make()
      store = storage.open()
    })

    test('reads null where nothing was written (SG-04: also after the browser wiped it)', async () => {
      expect(await store.read('main')).toBeNull()
    })

    test('answers a record exactly as it was written', async () => {
      await store.overwrite('main', everything)
      expect(await store.read('main')).toEqual(everything)
      expect(await store.compareAndSet('main', 'whole', { ...everything, revision: 'next' })).toBe(true)
      expect(await store.read('main')).toEqual({ ...everything, revision: 'next' })
    })

    test('writes a first record if none is expected', async () => {
      expect(await store.compareAndSet('main', null, recordOf('a'))).toBe(true)
      expect(await store.read('main')).toEqual(recordOf('a'))
    })

    test('does not write a first record over another', async () => {
      await store.overwrite('main', recordOf('a'))
      expect(await store.compareAndSet('main', null, recordOf('b'))).toBe(false)
      expect(await store.read('main')).toEqual(recordOf('a'))
    })

    test('writes over the expected revision', async () => {
      await store.compareAndSet('main', null, recordOf('a'))
      expect(await store.compareAndSet('main', 'a', recordOf('b'))).toBe(true)
      expect(await store.read('main')).toEqual(recordOf('b'))
    })

    test('does not write over another revision', async () => {
      await store.overwrite('main', recordOf('b'))
      expect(await store.compareAndSet('main', 'a', recordOf('c'))).toBe(false)
      expect(await store.read('main')).toEqual(recordOf('b'))
    })

    test('does not bring back a record that is gone', async () => {
      expect(await store.compareAndSet('main', 'a', recordOf('b'))).toBe(false)
      expect(await store.read('main')).toBeNull()
    })

    test('may end a session by compare-and-set, under a new session id', async () => {
      await store.overwrite('main', recordOf('a'))
      const ended = recordOf('b', { sessionId: 'session-two', credentials: null })
      expect(await store.compareAndSet('main', 'a', ended)).toBe(true)
      expect(await store.read('main')).toEqual(ended)
    })

    test('takes a long chain of compare-and-sets', async () => {
      await store.overwrite('main', recordOf('0'))
      for (let step = 0; step < 20; step += 1) {
        expect(await store.compareAndSet('main', `${step}`, recordOf(`${step + 1}`))).toBe(true)
      }
      expect(await store.read('main')).toEqual(recordOf('20'))
    })

    test('overwrites without comparing, in the order of the calls', async () => {
      await Promise.all([
        store.overwrite('main', recordOf('a')),
        store.overwrite('main', recordOf('b', { sessionId: 'session-two', credentials: null })),
        store.overwrite('main', recordOf('c', { sessionId: 'session-three' })),
      ])
      expect(await store.read('main')).toEqual(recordOf('c', { sessionId: 'session-three' }))
    })

    test('refuses the compare-and-set of one who read before an overwrite', async () => {
      await store.overwrite('main', recordOf('a'))
      const signOut = recordOf('out', { sessionId: 'session-two', credentials: null })
      const [, late] = await Promise.all([
        store.overwrite('main', signOut),
        store.compareAndSet('main', 'a', recordOf('b')),
      ])
      expect(late).toBe(false)
      expect(await store.read('main')).toEqual(signOut)
    })

    test('lets exactly one of 50 simultaneous compare-and-sets win', async () => {
      await store.overwrite('main', recordOf('a'))
      const other = storage.open()
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 ? other : store).compareAndSet('main', 'a', recordOf(`b${index}`)),
        ),
      )
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await store.read('main')).toEqual(recordOf(`b${answers.indexOf(true)}`))
    })

    test('lets exactly one of 50 simultaneous first records win', async () => {
      const other = storage.open()
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 ? other : store).compareAndSet('main', null, recordOf(`b${index}`, { sessionId: `s${index}` })),
        ),
      )
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect((await other.read('main'))?.revision).toBe(`b${answers.indexOf(true)}`)
    })

    test('shows one handle what another wrote', async () => {
      const other = storage.open()
      await store.overwrite('main', recordOf('a'))
      expect(await other.read('main')).toEqual(recordOf('a'))
      expect(await other.compareAndSet('main', 'a', recordOf('b'))).toBe(true)
      expect(await store.read('main')).toEqual(recordOf('b'))
      expect(await store.compareAndSet('main', 'a', recordOf('c'))).toBe(false)
    })

    test('does not write over a record of a newer version, a sign-out included', async () => {
      const newer = recordOf('newer', { version: 2 })
      await store.overwrite('main', newer)
      expect(await store.overwrite('main', recordOf('out', { sessionId: 'session-two', credentials: null }))).toBe(
        false,
      )
      expect(await store.compareAndSet('main', 'a', recordOf('b'))).toBe(false)
      expect(await store.read('main')).toEqual(newer)
    })

    test('keeps names apart, also where one begins like another', async () => {
      const names = ['https://api.test', 'https://api.test:8080', 'https://api.test:8080:main', '', '__proto__']
      for (const each of names) await store.overwrite(each, recordOf(`of ${each}`))
      await store.overwrite('https://api.test', recordOf('again', { sessionId: 'session-two' }))
      expect(await store.compareAndSet('https://api.test:8080', 'again', recordOf('b'))).toBe(false)
      for (const each of names.slice(1)) expect(await store.read(each)).toEqual(recordOf(`of ${each}`))
      expect(await store.read('https://api.test')).toEqual(recordOf('again', { sessionId: 'session-two' }))
    })
  })
}

/** For stores that outlive the page: what must not stay readable is taken away. */
export function removeContract(name: string, make: () => Pick<StoreUnderTest, 'open'>): void {
  describe(`${name}, as every store that outlives the page`, () => {
    const open = () => {
      const { open: openHandle } = make()
      const store = openHandle()
      const remove = (expected: string | null, of = 'main') => store.remove?.(of, expected)
      return { store, other: openHandle(), remove }
    }

    test('removes the expected revision, for all handles', async () => {
      const { store, other, remove } = open()
      await store.overwrite('main', recordOf('a'))
      expect(await remove('a')).toBe(true)
      expect(await other.read('main')).toBeNull()
      expect(await other.compareAndSet('main', null, recordOf('b'))).toBe(true)
    })

    test('does not remove another revision, nor another name', async () => {
      const { store, remove } = open()
      await store.overwrite('main', recordOf('a'))
      await store.overwrite('other', recordOf('b'))
      expect(await remove('b')).toBe(false)
      expect(await remove('b', 'other')).toBe(true)
      expect(await store.read('main')).toEqual(recordOf('a'))
    })

    test('finds nothing to remove where nothing is', async () => {
      const { store, remove } = open()
      expect(await remove('a')).toBe(false)
      expect(await store.read('main')).toBeNull()
    })

    test('of a removal and a compare-and-set at the same time lets one win', async () => {
      const { store, other, remove } = open()
      await store.overwrite('main', recordOf('a'))
      const answers = await Promise.all([other.compareAndSet('main', 'a', recordOf('b')), remove('a')])
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await store.read('main')).toEqual(answers[0] ? recordOf('b') : null)
    })
  })
}

/** For stores that others can write to: what no version of this library wrote is nothing, and no obstacle. */
export function garbageContract(name: string, make: () => Required<StoreUnderTest>): void {
  const values = ['{"version":1,"revi', '', 'null', null, 7, [], [null], {}, { revision: 1 }, [{ revision: {} }, 'a']]
  test.each(values.map(value => [JSON.stringify(value), value]))(
    `${name} takes %s for nothing, and writes over it (SG-03)`,
    async (_, value) => {
      const { open, putInstead } = make()
      const store = open()
      await store.overwrite('main', recordOf('a'))
      await putInstead('main', value)
      expect(await store.read('main')).toBeNull()
      expect(await store.compareAndSet('main', 'a', recordOf('b'))).toBe(false)
      expect(await store.compareAndSet('main', null, recordOf('b'))).toBe(true)
      expect(await store.read('main')).toEqual(recordOf('b'))
    },
  )
}
