import { beforeEach, describe, expect, test } from 'vitest'
import type { Credentials } from '../../../src/session/credentials.ts'
import type { SessionRecord, SessionStore } from '../../../src/session/session-store.ts'
import { withoutTokens } from '../../../src/stores/without-tokens.ts'
import { createDeferred } from '../../support/deferred.ts'
import { countHeld } from '../../support/garbage.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage } from '../../support/stage.ts'
import { stubChannel } from '../../support/test-channel.ts'

/** The same store. It notes weakly which tokens its client had. */
const noteTokens = (store: SessionStore) => {
  const had: WeakRef<object>[] = []
  const note = ({ credentials }: SessionRecord) => {
    if ((credentials as Credentials | null)?.accessToken) had.push(new WeakRef(credentials as Credentials))
  }
  const noting: SessionStore = {
    ...store,
    compareAndSet(name, expected, next) {
      note(next)
      return store.compareAndSet(name, expected, next)
    },
    overwrite(name, next) {
      note(next)
      return store.overwrite(name, next)
    },
  }
  return { had, noting }
}

describe('promise 14: the page holds no token in memory', () => {
  beforeEach(() => void stubChannel())

  const start = async (wrap = (store: SessionStore) => store, strategy = {}) => {
    const shared = createScriptedStore()
    const { had, noting } = noteTokens(wrap(shared))
    const here = createStage({ store: noting, strategy })
    const there = createStage({ store: wrap(shared), strategy, clock: here.clock })
    await here.signIn({ subject: 'alice' })
    await here.client.session.refresh()
    expect(here.client.session.getSnapshot().status).toBe('signed-in')
    await there.client.session.ready()
    const look = async () => {
      here.wake()
      await here.clock.settle()
    }
    return { here, there, look, had }
  }

  test('after a sign-out, even if no one reads the snapshot again', async () => {
    const { here, had } = await start()
    await here.client.session.signOut()
    expect(had.length).toBeGreaterThan(1)
    expect(await countHeld(had)).toBe(0)
  })

  test('after a sign-out, although the store never took the second sign-in', async () => {
    const store = createScriptedStore()
    const { had, noting } = noteTokens(store)
    const stage = createStage({ store: noting })
    await stage.signIn({ subject: 'alice' })
    store.fail('all', 'rejects')
    await stage.signIn({ subject: 'alice' })
    expect(had.length).toBeGreaterThan(1)
    await stage.client.session.signOut()
    expect(await countHeld(had)).toBe(0)
  })

  test('after a sign-out in another tab', async () => {
    const { there, look, had } = await start()
    await there.client.session.signOut()
    await look()
    expect(await countHeld(had)).toBe(0)
  })

  test('after another user signed in in another tab', async () => {
    const { there, look, had } = await start()
    await there.signIn({ subject: 'bob' })
    await look()
    expect(await countHeld(had)).toBe(0)
  })

  test('after a sign-out in another tab, where tabs share a cookie and no tokens', async () => {
    const { there, look, had } = await start(withoutTokens, { ambient: true, cookie: 'token' })
    await there.client.session.signOut()
    await look()
    expect(await countHeld(had)).toBe(0)
  })

  test.each(['the promise', 'the error'])('after a sign-out, although the app has kept %s of a call', async what => {
    const { had, noting } = noteTokens(createScriptedStore())
    const stage = createStage({ store: noting })
    await stage.signIn({ subject: 'alice' })
    const ask = async () => {
      stage.answer(() => new Response('no', { status: 404 }))
      const promise = stage.client.get('a')
      const error = await promise.catch((thrown: unknown) => thrown)
      return what === 'the promise' ? promise : error
    }
    // In a list: a promise that is returned alone would be awaited.
    const kept = [ask()]
    await kept[0]?.catch(() => {})
    await stage.client.session.signOut()
    expect(await countHeld(had)).toBe(0)
    expect(kept).toHaveLength(1)
  })

  // An engine may keep the functions on the stack of an error, until something reads its text.
  test.each(['session-ended', 'refresh-unavailable'])(
    'after a sign-out, although the app has kept the error (%s) of a request that waited for a refresh',
    async code => {
      const { had, noting } = noteTokens(createScriptedStore())
      const stage = createStage({ store: noting })
      await stage.signIn({ subject: 'alice' })
      const gate = createDeferred()
      stage.refuseAll()
      stage.refresh(async () => {
        await gate.promise
        throw new TypeError('fetch failed')
      })
      const kept: unknown[] = []
      const ask = () => stage.client.fetch('https://api.test/a').catch((error: unknown) => kept.push(error))
      const asked = ask()
      await stage.clock.settle()
      if (code === 'refresh-unavailable') gate.resolve()
      else await stage.client.session.signOut()
      await asked
      gate.resolve()
      await stage.client.session.signOut()
      await stage.clock.settle()
      expect(await countHeld(had)).toBe(0)
      expect(kept).toMatchObject([{ code }])
    },
  )
})
