import { describe, expect, test } from 'vitest'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { signedOut, startSignedIn, stepUp } from '../../support/sign-in-rig.ts'

describe('a sign-in that continues a session, in a page that is slow', () => {
  // Found by the random worlds: Web Storage looks after a lag whether its write still counts, and the page was frozen in between.
  test.each([
    ['signed out', signedOut],
    ['signed in', () => storedRecord({ sessionId: 'newer' })],
  ])('follows what another tab did while the page slept through the lag of the store: %s', async (_name, record) => {
    const { store, session, stored, clock } = await startSignedIn(createScriptedStore({ lagMs: 250 }))
    const held = store.hold('compareAndSet')
    const done = session.signIn(stepUp)
    await held.reached
    clock.sleepFor(1001)
    const others = record()
    store.content = others
    held.open()
    await done
    expect([session.state.sessionId, stored()]).toEqual([others.sessionId, others])
  })

  test('goes on in its session if another tab has only refreshed it meanwhile: timers of a hidden page are that slow', async () => {
    const { store, session, stored, clock, id } = await startSignedIn(createScriptedStore({ lagMs: 250 }))
    const held = store.hold('compareAndSet')
    const done = session.signIn(stepUp)
    await held.reached
    clock.sleepFor(1001)
    store.content = storedRecord({
      sessionId: id,
      generation: 1,
      credentials: credentialsOf({ accessToken: 'access-2', refreshToken: 'refresh-2', subject: 'alice' }),
    })
    held.open()
    await done
    const tokens = { accessToken: 'stepped-up', refreshToken: 'refresh-2' }
    expect([session.state, stored()]).toMatchObject([{ sessionId: id, credentials: tokens }, { credentials: tokens }])
  })

  test('starts another if it only took long, within four times that lag', async () => {
    const { store, session, stored, clock } = await startSignedIn(createScriptedStore({ lagMs: 250 }))
    const held = store.hold('compareAndSet')
    const done = session.signIn(stepUp)
    await held.reached
    clock.sleepFor(1000)
    store.content = signedOut()
    held.open()
    await done
    expect(stored().credentials?.accessToken).toBe('stepped-up')
  })
})

// A refresh that ends during a sign-in makes a record of the same generation.
test('a sign-in that continues a session is stored although a refresh is confirmed first, and another tab writes then', async () => {
  const { store, session, records, stored, id } = await startSignedIn()
  const tokens = credentialsOf({ accessToken: 'access-2', refreshToken: 'refresh-2', subject: 'alice' })
  const refresh = store.hold('compareAndSet', 'before')
  const refreshing = records.compareAndSet(records.latest, { sessionId: id, generation: 1, credentials: tokens })
  await refresh.reached
  const signIn = store.hold('compareAndSet')
  const done = session.signIn(stepUp)
  await signIn.reached
  refresh.open()
  await refreshing
  store.content = storedRecord({ ...stored(), revision: 'of-another-tab', failures: 1 })
  signIn.open()
  await done
  const expected = { accessToken: 'stepped-up', refreshToken: 'refresh-2' }
  expect([session.state.credentials, stored().credentials]).toMatchObject([expected, expected])
})
