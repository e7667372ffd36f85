import { describe, expect, test } from 'vitest'
import type { SessionInput } from '../../../src/session/parse-tokens.ts'
import { createDeferred } from '../../support/deferred.ts'
import { oauthError } from '../../support/refresh-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, outcomeOf } from '../../support/stage.ts'
import { stubChannel } from '../../support/test-channel.ts'

/** Disposed of in the middle of a refresh, as React StrictMode and hot reloading do it. */
const startDisposed = async () => {
  const channel = stubChannel()
  const store = createScriptedStore()
  const stage = createStage({ store })
  await stage.signIn({ subject: 'alice' })
  stage.refuseAll()
  const answer = createDeferred<SessionInput>()
  stage.refresh(() => answer.promise)
  const waiting = stage.client.fetch('https://api.test/a')
  await outcomeOf(waiting, stage.clock)
  stage.client.dispose()
  expect(await outcomeOf(waiting, stage.clock)).toMatchObject({ code: 'session-ended', reason: 'disposed' })
  return { ...stage, stage, store, channel, answer }
}

describe('LF-07: the outcome of a refresh whose client was disposed', () => {
  test('a rejection requires no login; the next client over that store finds out by itself', async () => {
    const { clock, answer, logins, store } = await startDisposed()
    answer.reject(oauthError('invalid_grant'))
    await clock.advance(1000)
    expect(logins).toEqual([])
    const next = createStage({ store, clock })
    expect(await next.client.session.ready()).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
  })

  test('tokens are stored for the next client, and no listener is added', async () => {
    const { clock, answer, issue, store, channel } = await startDisposed()
    answer.resolve(issue())
    await clock.advance(1000)
    expect(store.content).toMatchObject({ generation: 1, credentials: { accessToken: 'access-2' } })
    expect([channel.open, clock.pendingTimers]).toEqual([0, 0])
  })

  test('a client that is used again requires a login again', async () => {
    const { stage, clock, answer, logins } = await startDisposed()
    answer.reject(oauthError('invalid_grant'))
    await clock.advance(1000)
    await stage.client.fetch('https://api.test/b')
    await clock.advance(0)
    expect(logins.map(({ reason }) => reason)).toEqual(['not-signed-in'])
  })
})
