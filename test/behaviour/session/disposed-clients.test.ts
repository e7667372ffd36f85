import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createDialogStage } from '../../support/dialog.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, forms, refusal, type StageOptions } from '../../support/stage.ts'

describe.each(forms)('LF-07: a disposed client, called by %s', (_form, send) => {
  /** Disposed of while a request is at the server, as React StrictMode does it. */
  const start = async (options: StageOptions & { readonly subject?: string } = {}) => {
    const { subject, ...rest } = options
    const stage = createDialogStage(rest)
    if (subject) await stage.signIn({ subject })
    const held = createDeferred<Response>()
    stage.answer(() => held.promise)
    const sent = send(stage.client, '/x')
    sent.catch(() => {})
    await stage.clock.settle()
    stage.client.dispose()
    return { ...stage, held, sent }
  }
  const untouched = async ({ clock, asked, refreshes, logins }: Awaited<ReturnType<typeof start>>) => {
    await clock.advance(1000)
    return [asked.length, refreshes.length, logins.length, clock.pendingTimers]
  }

  test('opens no dialog for a 401 while no user is signed in', async () => {
    const stage = await start()
    stage.held.resolve(refusal('Bearer'))
    expect((await stage.sent).status).toBe(401)
    expect(await untouched(stage)).toEqual([0, 0, 0, 0])
  })

  test('starts no refresh for a 401: the request rejects, like the requests that waited', async () => {
    const stage = await start({ subject: 'alice' })
    stage.held.resolve(refusal())
    await expect(stage.sent).rejects.toMatchObject({ code: 'session-ended', reason: 'disposed' })
    expect(await untouched(stage)).toEqual([0, 0, 0, 0])
  })

  test('does not send a request again whose dialog was closed by dispose() as it opened', async () => {
    const stage = createStage({
      reauthenticate: () => {
        stage.client.dispose()
        return new Promise(() => {})
      },
    })
    await stage.signIn({ subject: 'alice' })
    stage.refuseAll()
    stage.refresh(async () => null)
    await expect(send(stage.client, '/x')).rejects.toMatchObject({ code: 'session-ended', reason: 'disposed' })
    expect(stage.sends).toHaveLength(1)
  })

  test('requires no step-up', async () => {
    const stage = await start({ subject: 'alice' })
    stage.held.resolve(refusal('Bearer error="insufficient_user_authentication"'))
    expect((await stage.sent).status).toBe(401)
    expect(await untouched(stage)).toEqual([0, 0, 0, 0])
  })

  test('returns a good response', async () => {
    const stage = await start({ subject: 'alice' })
    stage.held.resolve(new Response('fine'))
    expect((await stage.sent).status).toBe(200)
  })

  test.each([
    ['an expired token', {}],
    ['a cookie', { strategy: { ambient: true } }],
  ] as const)('starts no refresh for %s once the store was read', async (_, options) => {
    const store = createScriptedStore()
    const before = createDialogStage({ store, lifetimeSeconds: 1 })
    if (!('strategy' in options)) await before.signIn({ subject: 'alice' })
    before.client.dispose()
    await before.clock.advance(5000)
    const stage = createDialogStage({ store, clock: before.clock, ...options })
    const { reached, open } = store.hold('read')
    const sent = send(stage.client, '/x')
    sent.catch(() => {})
    await reached
    stage.client.dispose()
    open()
    await expect(sent).rejects.toMatchObject({ code: 'session-ended', reason: 'disposed' })
    await stage.clock.settle()
    expect([stage.sends.length, stage.refreshes.length]).toEqual([0, 0])
  })

  test('sends no refresh that was waiting for another tab’s', async () => {
    const store = createScriptedStore()
    const stage = createStage({ store })
    await stage.signIn({ subject: 'alice' })
    const lease = { id: 'of-another', generation: 0, startedAt: stage.clock.wallMs(), underLock: false }
    store.content = { ...(store.content as StoredRecord), revision: 'leased', lease }
    stage.refuseAll()
    const sent = send(stage.client, '/x')
    sent.catch(() => {})
    await stage.clock.advance(3000)
    stage.client.dispose()
    await expect(sent).rejects.toMatchObject({ reason: 'disposed' })
    await stage.clock.advance(1000)
    expect(stage.clock.pendingTimers).toBe(0)
    await stage.clock.advance(60_000)
    expect(stage.refreshes).toEqual([])
  })

  test('sends no refresh whose lease was being stored', async () => {
    const store = createScriptedStore()
    const stage = createStage({ store })
    await stage.signIn({ subject: 'alice' })
    stage.refuseAll()
    const { reached, open } = store.hold('compareAndSet')
    const sent = send(stage.client, '/x')
    sent.catch(() => {})
    await reached
    stage.client.dispose()
    open()
    await expect(sent).rejects.toMatchObject({ reason: 'disposed' })
    await stage.clock.settle()
    expect(stage.refreshes).toEqual([])
  })

  test('requires no login for a session that ended just before', async () => {
    const stage = createStage()
    await stage.signIn({ subject: 'alice' })
    stage.refuseAll()
    stage.refresh(async () => null)
    await expect(send(stage.client, '/x')).rejects.toMatchObject({ reason: 'refresh-rejected' })
    stage.client.dispose()
    await stage.clock.advance(1000)
    expect(stage.logins).toEqual([])
  })

  test('does all of it again once it is used again', async () => {
    const stage = await start()
    stage.answer(() => refusal('Bearer'))
    const again = send(stage.client, '/again')
    await stage.clock.settle()
    expect(stage.asked).toHaveLength(1)
    await stage.answerDialog(null)
    expect((await again).status).toBe(401)
    stage.held.resolve(refusal('Bearer'))
    await stage.sent
  })

  test('reads the store again, even if it was disposed while reading', async () => {
    const store = createScriptedStore()
    const stage = createDialogStage({ store })
    const { reached, open } = store.hold('read')
    send(stage.client, '/x').catch(() => {})
    await reached
    stage.client.dispose()
    open()
    await stage.clock.settle()
    const reads = store.calls.length
    await send(stage.client, '/y', { auth: 'optional' })
    expect(store.calls.length).toBe(reads + 1)
  })
})
