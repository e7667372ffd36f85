import { describe, expect, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createDialogStage, openDialog } from '../../support/dialog.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { storedRecord } from '../../support/session-records.ts'
import { createStage, forms, outcomeOf, refusal, type StageOptions } from '../../support/stage.ts'
import { stubChannel } from '../../support/test-channel.ts'

const told = (promise: Promise<Response>) => promise.then(({ status }) => status)

describe.each(forms)(
  'promise 12: a request that was sent without credentials while Alice’s dialog was open, by %s',
  (_form, send) => {
    /** Alice's dialog is open; a payment of hers went out bare, and its 401 is slow. */
    const startPaying = async (init?: Parameters<typeof send>[2]) => {
      const stage = await openDialog()
      const refused = createDeferred<Response>()
      let isFirst = true
      stage.answer(({ path, token }) => {
        if (path === '/pay' && isFirst) {
          isFirst = false
          return refused.promise
        }
        return token === null || token === 'access-1' ? refusal() : new Response('fine')
      })
      send(stage.client, '/first').catch(() => {})
      await stage.clock.settle()
      const paying = told(send(stage.client, '/pay', { method: 'POST', body: 'from Alice', ...init }))
      paying.catch(() => {})
      await stage.clock.settle()
      const sentAs = () => stage.sends.filter(({ path }) => path === '/pay').map(({ token }) => token)
      return { ...stage, refused, paying, sentAs }
    }

    test('is not sent again as Bob, who answered the dialog before its 401 came', async () => {
      const { refused, paying, sentAs, answerDialog, issue, asked, clock, logins } = await startPaying()
      await answerDialog(issue({ subject: 'bob' }))
      refused.resolve(refusal())
      expect(await paying).toBe(401)
      await clock.advance(0)
      expect([sentAs(), asked.length, logins.length]).toEqual([[null], 1, 0])
    })

    test('is not sent again as Bob, who answers the dialog that it waits for', async () => {
      const { refused, paying, sentAs, answerDialog, issue, clock } = await startPaying()
      refused.resolve(refusal())
      await clock.settle()
      await answerDialog(issue({ subject: 'bob' }))
      await expect(paying).rejects.toMatchObject({ code: 'session-ended', reason: 'replaced' })
      expect(sentAs()).toEqual([null])
    })

    test('is sent again as Alice, who answered the dialog before its 401 came', async () => {
      const { refused, paying, sentAs, answerDialog, issue } = await startPaying()
      await answerDialog(issue({ subject: 'alice' }))
      refused.resolve(refusal())
      expect([await paying, sentAs()]).toEqual([200, [null, 'access-2']])
    })

    test('opens no second dialog if Alice declined before its 401 came, and is not sent as the user who signs in after that', async () => {
      const { client, refused, paying, sentAs, answerDialog, issue, asked, clock, logins } = await startPaying()
      await answerDialog(null)
      await clock.advance(0)
      await client.session.signIn(issue({ subject: 'alice' }))
      refused.resolve(refusal())
      expect(await paying).toBe(401)
      await clock.advance(0)
      expect([sentAs(), asked.length, logins.length]).toEqual([[null], 1, 1])
    })

    test('is sent with keepalive once, and its 401 is returned to the caller', async () => {
      const { refused, paying, sentAs, answerDialog, issue } = await startPaying({ keepalive: true })
      await answerDialog(issue({ subject: 'alice' }))
      refused.resolve(refusal())
      expect([await paying, sentAs()]).toEqual([401, [null]])
    })

    test('is sent without credentials, also if her page has to read the store first', async () => {
      const channel = stubChannel()
      const store = createScriptedStore()
      const stage = await openDialog({ store })
      send(stage.client, '/first').catch(() => {})
      await stage.clock.settle()
      const { reached, open } = store.hold('read')
      channel.hint()
      await reached
      const asked = send(stage.client, '/form')
      open()
      await outcomeOf(asked, stage.clock)
      expect(stage.sends.filter(({ path }) => path === '/form').map(({ token }) => token)).toEqual([null])
      stage.client.dispose()
      await asked.catch(() => {})
    })
  },
)

describe.each(forms)('promise 12: a request that began while no user was signed in, by %s', (_form, send) => {
  const startAsking = async (options: StageOptions = {}) => {
    const stage = createDialogStage(options)
    const held = createDeferred<Response>()
    stage.answer(({ path, token }) => {
      if (path === '/slow' && token === null) return held.promise
      return token === null ? refusal('Bearer') : new Response('fine')
    })
    const slow = told(send(stage.client, '/slow'))
    await stage.clock.settle()
    return { ...stage, held, slow, sentAs: () => stage.sends.map(({ token }) => token) }
  }

  test('is sent as the user who signs in with the dialog that it waits for', async () => {
    const { held, slow, sentAs, clock, answerDialog, issue } = await startAsking()
    held.resolve(refusal('Bearer'))
    await clock.settle()
    await answerDialog(issue({ subject: 'bob' }))
    expect([await slow, sentAs()]).toEqual([200, [null, 'access-1']])
  })

  test('is sent as the user who answered that dialog, not as Bob, who signs in at the same moment', async () => {
    const { client, held, slow, sentAs, clock, answerDialog, issue } = await startAsking()
    held.resolve(refusal('Bearer'))
    await clock.settle()
    const stop = client.session.on('signed-in', () => {
      stop()
      // After every listener, and before anybody who waits.
      queueMicrotask(() => client.session.signIn(issue({ subject: 'bob' })))
    })
    const outcome = slow.catch((error: unknown) => error)
    await answerDialog(issue({ subject: 'alice' }))
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect(sentAs()).toEqual([null])
  })

  test('is not sent as Bob, who signed in before its 401 came', async () => {
    const { held, slow, sentAs, signIn, asked } = await startAsking()
    await signIn({ subject: 'bob' })
    held.resolve(refusal('Bearer'))
    expect([await slow, sentAs(), asked.length]).toEqual([401, [null], 0])
  })

  test('does not wait for the dialog of Bob’s session, who signed in before its 401 came', async () => {
    const { client, held, slow, signIn, answer, refresh, clock, asked, answerDialog, issue, sends } =
      await startAsking()
    await signIn({ subject: 'bob' })
    answer(() => refusal())
    refresh(async () => null)
    const bobs = send(client, '/bobs').catch(() => {})
    await clock.settle()
    expect(asked).toHaveLength(1)
    held.resolve(refusal('Bearer'))
    expect(await slow).toBe(401)
    await answerDialog(issue({ subject: 'bob' }))
    await bobs
    expect(sends.filter(({ path }) => path === '/slow')).toHaveLength(1)
  })

  test('with `auth: optional`, sent while the user was unknown, is not replayed as the user who is found later', async () => {
    const stage = createStage({ strategy: { ambient: true } })
    const held = createDeferred<Response>()
    stage.answer(({ token }) => (token === null ? held.promise : new Response('fine')))
    stage.refresh(() => Promise.reject(new Error('down')))
    const asked = told(send(stage.client, '/me', { auth: 'optional' }))
    await stage.clock.settle()
    expect(stage.client.session.status).toBe('unknown')
    await stage.signIn({ subject: 'alice' })
    held.resolve(refusal('Bearer'))
    expect([await asked, stage.sends.map(({ token }) => token)]).toEqual([401, [null]])
  })
})

describe.each(forms)('promise 12: no login is required before the store was read, by %s', (_form, send) => {
  const alice = () => storedRecord()
  const start = (content: unknown, options: StageOptions = {}) => {
    const store = createScriptedStore()
    store.content = content
    return { store, stage: createStage({ store, ...options }) }
  }

  test('a keepalive beacon is the first thing that a page sends after a reload, and Alice is signed in', async () => {
    stubChannel()
    const { stage } = start(alice())
    expect(await told(send(stage.client, '/beacon', { method: 'POST', keepalive: true }))).toBe(401)
    await stage.clock.advance(0)
    expect([stage.logins, stage.client.session.status]).toEqual([[], 'signed-in'])
  })

  test('with no user signed in, the store is read first, and then a login is required', async () => {
    stubChannel()
    const { stage } = start(null)
    expect(await told(send(stage.client, '/beacon', { method: 'POST', keepalive: true }))).toBe(401)
    await stage.clock.advance(0)
    expect(stage.logins).toMatchObject([{ reason: 'not-signed-in' }])
  })

  test('a 401 comes late to a tab without messages, and Alice has signed in elsewhere', async () => {
    vi.stubGlobal('BroadcastChannel', undefined)
    const { store, stage } = start(null)
    const held = createDeferred<Response>()
    stage.answer(() => held.promise)
    const asked = told(send(stage.client, '/slow'))
    await stage.clock.settle()
    expect(stage.client.session.status).toBe('signed-out')
    store.content = alice()
    held.resolve(refusal('Bearer'))
    expect(await asked).toBe(401)
    await stage.clock.advance(0)
    expect([stage.logins, stage.client.session.status, stage.sends.length]).toEqual([[], 'signed-in', 1])
  })

  test('a step-up comes late to a tab without messages, and Alice has signed out elsewhere', async () => {
    vi.stubGlobal('BroadcastChannel', undefined)
    const store = createScriptedStore()
    store.content = alice()
    const stage = createDialogStage({ store })
    const held = createDeferred<Response>()
    stage.answer(() => held.promise)
    const asked = told(send(stage.client, '/slow'))
    await stage.clock.settle()
    store.content = storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out' })
    held.resolve(refusal('Bearer error="insufficient_user_authentication"'))
    expect(await asked).toBe(401)
    expect([stage.asked.length, stage.client.session.status]).toEqual([0, 'signed-out'])
  })

  test('the record is of a newer version of this library', async () => {
    stubChannel()
    const { stage } = start({ ...alice(), version: 99 })
    expect(await told(send(stage.client, '/beacon', { method: 'POST', keepalive: true }))).toBe(401)
    await stage.clock.advance(0)
    expect([stage.logins, stage.client.session.status]).toEqual([[], 'unknown'])
  })

  test('the cookie session could not be requested yet', async () => {
    const stage = createStage({ strategy: { ambient: true } })
    expect(await told(send(stage.client, '/beacon', { method: 'POST', keepalive: true }))).toBe(401)
    await stage.clock.advance(0)
    expect([stage.logins, stage.client.session.status]).toEqual([[], 'unknown'])
  })

  test('a caller that aborts while the store is being read gets its error at once, and no login is required', async () => {
    stubChannel()
    const { store, stage } = start(null)
    const { reached, open } = store.hold('read')
    const controller = new AbortController()
    const { signal } = controller
    const asked = told(send(stage.client, '/beacon', { method: 'POST', keepalive: true, signal }))
    await reached
    controller.abort(new Error('left'))
    await expect(asked).rejects.toThrow('left')
    open()
    await stage.clock.advance(0)
    expect(stage.logins).toEqual([])
  })
})
