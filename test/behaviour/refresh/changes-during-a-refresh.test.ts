import { describe, expect, test } from 'vitest'
import { SessionEndedError } from '../../../src/errors.ts'
import type { SessionStore } from '../../../src/session/session-store.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createStage, forms, outcomeOf, type Stage } from '../../support/stage.ts'

/** A store whose next read or write stands still at the test's word. */
const createHeldStore = () => {
  const store = memoryStore()
  const held: { on: 'read' | 'compareAndSet'; after: number; reached: () => void; go: Promise<void> }[] = []
  const pass = async <Answer>(on: 'read' | 'compareAndSet', run: () => Answer | PromiseLike<Answer>) => {
    const first = held.find(one => one.on === on)
    if (first && first.after-- === 0) {
      held.splice(held.indexOf(first), 1)
      first.reached()
      await first.go
    }
    return run()
  }
  const wrapped: SessionStore = {
    shared: false,
    read: name => pass('read', () => store.read(name)),
    compareAndSet: (name, expected, next) => pass('compareAndSet', () => store.compareAndSet(name, expected, next)),
    overwrite: store.overwrite,
  }
  const hold = (on: 'read' | 'compareAndSet', after = 0) => {
    const [reached, go] = [createDeferred(), createDeferred()]
    held.push({ on, after, reached: reached.resolve, go: go.promise })
    return { reached: reached.promise, open: go.resolve }
  }
  return { store: wrapped, hold }
}

/** Brings alice's refused requests to a step of the refresh; answers how to go on. */
type Step = (
  stage: Stage,
  hold: ReturnType<typeof createHeldStore>['hold'],
) => { reached: Promise<void>; open: () => void }

const steps: readonly (readonly [name: string, step: Step])[] = [
  ['the record is being read', (_stage, hold) => hold('read')],
  ['the lease is being written', (_stage, hold) => hold('compareAndSet')],
  [
    'the refresh is under way',
    stage => {
      const [reached, go] = [createDeferred(), createDeferred()]
      stage.refresh(async () => {
        reached.resolve()
        const tokens = stage.issue({ subject: 'alice' })
        await go.promise
        stage.refresh(undefined)
        return tokens
      })
      return { reached: reached.promise, open: go.resolve }
    },
  ],
  ['the new tokens are being saved', (_stage, hold) => hold('compareAndSet', 1)],
]

const start = async (form: (typeof forms)[number][1]) => {
  const { store, hold } = createHeldStore()
  const stage = createStage({ store, lifetimeSeconds: 300 })
  await stage.signIn({ subject: 'alice' })
  await form(stage.client, '/first')
  const { accessToken } = await stage.client.session.getAccessToken().then(token => ({ accessToken: token }))
  return { stage, hold, accessToken }
}

describe.each(forms)('promise 1, by %s: something else happens while', (_form, send) => {
  describe.each(steps)('%s', (_step, arrange) => {
    test('RT-06: after a sign-out, waiting requests reject at once, and the result of the refresh does not restore the session', async () => {
      const { stage, hold } = await start(send)
      stage.refuseAll()
      const step = arrange(stage, hold)
      const waiting = ['/one', '/two'].map(path => send(stage.client, path))
      await step.reached
      const outcomes = waiting.map(one => outcomeOf(one, stage.clock))
      const sends = stage.sends.length
      const signedOut = stage.client.session.signOut()
      for (const outcome of await Promise.all(outcomes)) {
        expect(outcome).toBeInstanceOf(SessionEndedError)
        expect(outcome).toMatchObject({ reason: 'signed-out' })
      }
      step.open()
      await signedOut
      await stage.clock.settle()
      expect(stage.client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'signed-out' })
      expect(stage.sends.length).toBe(sends)
      expect((await stage.client.session.ready()).status).toBe('signed-out')
      expect(stage.logins).toEqual([])
    })

    test('RT-06: after the sign-in of another user, waiting requests reject at once and are never sent as that user', async () => {
      const { stage, hold } = await start(send)
      stage.refuseAll()
      const step = arrange(stage, hold)
      const waiting = ['/one', '/two'].map(path => send(stage.client, path))
      await step.reached
      const outcomes = waiting.map(one => outcomeOf(one, stage.clock))
      const sends = stage.sends.length
      const signedIn = stage.signIn({ subject: 'bob', accessToken: 'of-bob', refreshToken: 'refresh-of-bob' })
      for (const outcome of await Promise.all(outcomes)) {
        expect(outcome).toBeInstanceOf(SessionEndedError)
        expect(outcome).toMatchObject({ reason: 'replaced' })
      }
      step.open()
      await signedIn
      await stage.clock.settle()
      expect(stage.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'bob' })
      expect(await stage.client.session.getAccessToken()).toBe('of-bob')
      expect(stage.sends.length).toBe(sends)
    })

    test('after a new sign-in of the same user, waiting requests are sent with its token', async () => {
      const { stage, hold } = await start(send)
      stage.refuseAll()
      const step = arrange(stage, hold)
      const waiting = ['/one', '/two'].map(path => send(stage.client, path))
      await step.reached
      await stage.signIn({ subject: 'alice', accessToken: 'stepped-up', refreshToken: 'refresh-stepped-up' })
      stage.answer(({ token }) => new Response(token))
      step.open()
      const answers = await Promise.all(waiting)
      expect(await Promise.all(answers.map(answer => answer.text()))).toEqual(['stepped-up', 'stepped-up'])
      expect(await stage.client.session.getAccessToken()).toBe('stepped-up')
      expect(stage.refreshes.length).toBeLessThanOrEqual(1)
    })

    test('RT-04: one caller aborts: only that one is rejected, at once, with its reason, and the refresh goes on', async () => {
      const { stage, hold } = await start(send)
      stage.refuseAll()
      const step = arrange(stage, hold)
      const controller = new AbortController()
      const aborted = send(stage.client, '/aborted', { signal: controller.signal })
      const patient = send(stage.client, '/patient')
      await step.reached
      const outcome = outcomeOf(aborted, stage.clock)
      const reason = new Error('not needed any more')
      controller.abort(reason)
      expect(await outcome).toBe(reason)
      step.open()
      expect((await patient).status).toBe(200)
      expect(stage.refreshes.length).toBe(1)
      expect(stage.sends.filter(({ path }) => path === '/aborted').length).toBe(1)
    })

    test('RT-04: every caller aborts: the refresh goes on, and its token is kept', async () => {
      const { stage, hold } = await start(send)
      stage.refuseAll()
      const step = arrange(stage, hold)
      const controller = new AbortController()
      const waiting = ['/one', '/two'].map(path => send(stage.client, path, { signal: controller.signal }))
      await step.reached
      controller.abort()
      await Promise.allSettled(waiting)
      step.open()
      await stage.clock.settle()
      expect(stage.client.session.getSnapshot().generation).toBe(1)
      expect((await send(stage.client, '/after')).status).toBe(200)
      expect(stage.refreshes.length).toBe(1)
    })

    test('after dispose(), waiting requests reject, and later requests find the token that the refresh brought', async () => {
      const { stage, hold } = await start(send)
      stage.refuseAll()
      const step = arrange(stage, hold)
      const waiting = send(stage.client, '/one')
      await step.reached
      const outcome = outcomeOf(waiting, stage.clock)
      stage.client.dispose()
      expect(await outcome).toMatchObject({ reason: 'disposed' })
      step.open()
      await stage.clock.settle()
      expect((await send(stage.client, '/after')).status).toBe(200)
      expect(stage.refreshes.length).toBe(1)
    })
  })

  test.each([
    ['signed out', (stage: Stage) => stage.client.session.signOut()],
    ['bob signed in', (stage: Stage) => stage.client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })],
  ])('%s while the first replay is being sent: those behind it are not sent at all', async (_event, happens) => {
    const { stage } = await start(send)
    stage.refuseAll()
    const seen: (string | null)[] = []
    stage.answer(({ token }) => {
      if (token !== 'access-2') return new Response('', { status: 401 })
      if (seen.push(token) === 1) void happens(stage)
      return new Response('fine')
    })
    const waiting = ['/one', '/two', '/three'].map(path => send(stage.client, path))
    const outcomes = await Promise.allSettled(waiting)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(stage.sends.slice(1).map(({ token }) => token)).toEqual(['access-1', 'access-1', 'access-1', 'access-2'])
  })
})
