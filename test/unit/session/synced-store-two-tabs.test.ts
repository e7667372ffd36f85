import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { content, createRecordsOver, over } from '../../support/records-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

/** Two tabs over one store. What random orders of tabs found (refresh-protocol/interleavings), shrunk to its story. */
const createTabs = () => {
  const [store, clock] = [createScriptedStore(), createControlledClock()]
  const [first, second] = [createRecordsOver(store, clock).records, createRecordsOver(store, clock).records]
  const stored = () => store.content as StoredRecord
  return { store, clock, first, second, stored }
}
type Tabs = ReturnType<typeof createTabs>

const aliceSignedIn = content({ sessionId: 'of-alice', credentials: credentialsOf({ refreshToken: 'of-alice' }) })
const bobSignedIn = content({ sessionId: 'of-bob', credentials: credentialsOf({ refreshToken: 'of-bob' }) })

/** The first tab's sign-in is stored, but the store says that it failed; the second tab acts before the first one looks again. */
const signInLanding = async ({ store, first, second }: Tabs, act: () => Promise<unknown>) => {
  store.fail('overwrite', 'lands-then-rejects', 1)
  const looking = store.hold('read')
  const signingIn = first.overwrite(aliceSignedIn)
  await looking.reached
  await second.read()
  await act()
  looking.open()
  await signingIn
}

/** Each tab hears of the other's writes, for as long as there are any. */
const readInTurn = async ({ store, first, second }: Tabs) => {
  await first.read()
  await second.read()
  const before = store.calls.length
  for (let turn = 0; turn < 3; turn += 1) {
    await first.read()
    await second.read()
  }
  return store.calls.slice(before).filter(call => call !== 'read')
}

describe('promise 9: two tabs over a store that says that a write failed, and had kept it', () => {
  test.each([
    ['signs out', content(over)],
    ['signs another user in', bobSignedIn],
  ])(
    'A sign-in that was stored all the same, and another tab that %s: both come to agree, and stop writing',
    async (...arranged) => {
      const [, next] = arranged
      const tabs = createTabs()
      const { first, second, stored } = tabs
      await signInLanding(tabs, () => second.overwrite(next))
      expect(await readInTurn(tabs)).toEqual([])
      expect([first.latest?.revision, second.latest?.revision]).toEqual([stored().revision, stored().revision])
      expect([first.state, second.state]).toEqual(['synced', 'synced'])
    },
  )

  test('The tokens of a refresh that another tab made with that sign-in are not replaced by the used ones', async () => {
    const tabs = createTabs()
    const { first, second, stored } = tabs
    const renewed = content({
      sessionId: 'of-alice',
      generation: 1,
      credentials: credentialsOf({ refreshToken: 'newer' }),
    })
    await signInLanding(tabs, () => second.compareAndSet(second.latest, renewed))
    expect(stored()).toMatchObject(renewed)
    expect(first.latest).toMatchObject(renewed)
  })

  test('A sign-in that nobody has seen yet is not written twice', async () => {
    const tabs = createTabs()
    await signInLanding(tabs, async () => {})
    expect(tabs.store.calls.filter(call => call !== 'read')).toEqual(['overwrite'])
    expect([tabs.first.state, tabs.stored().sessionId]).toEqual(['synced', 'of-alice'])
  })

  test('A sign-out that is written once more, and is said to fail again, has yet another revision the next time', async () => {
    const tabs = createTabs()
    const { store, first, second, stored } = tabs
    await first.overwrite(aliceSignedIn)
    await second.read()
    store.fail('overwrite', 'lands-then-rejects', 1)
    store.fail('compareAndSet', 'lands-then-rejects', 1)
    const looking = store.hold('read')
    const signingOut = first.overwrite(content(over))
    await looking.reached
    const revisions = [stored().revision]
    await second.overwrite(bobSignedIn)
    looking.open()
    await signingOut
    revisions.push(stored().revision)
    expect(new Set(revisions).size).toBe(2)
    expect(await readInTurn(tabs)).toEqual([])
    expect(stored()).toMatchObject(over)
    expect([first.latest?.revision, second.latest?.revision]).toEqual([stored().revision, stored().revision])
  })
})

// In Web Storage a write is visible before it is certain that no older view of another tab came over it. It is then repeated as it was.
test('promise 12: A sign-out that another tab saw, and saw overwritten, counts there as soon as it is stored again', async () => {
  const { store, first, second, stored } = createTabs()
  store.content = storedRecord()
  await first.read()
  for (const call of ['overwrite', 'compareAndSet', 'remove'] as const) store.fail(call, 'rejects', 1)
  await first.overwrite(content(over))
  await second.read()
  const { compareAndSet } = store
  const seen: unknown[] = []
  store.compareAndSet = async (_name, _expected, next) => {
    store.compareAndSet = compareAndSet
    for (const visible of [next, storedRecord({ generation: 1 })]) {
      store.content = visible
      seen.push(await second.read())
    }
    return false
  }
  const later = await first.compareAndSet(first.latest, content({ ...over, generation: 1 }))
  expect(stored()).toEqual(later)
  seen.push(await second.read())
  expect(seen).toMatchObject([over, { sessionId: 'session-a' }, over])
  expect(stored()).toEqual(later)
})
