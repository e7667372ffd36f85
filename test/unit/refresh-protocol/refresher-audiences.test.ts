import { describe, expect, test } from 'vitest'
import { blockedByRecord } from '../../../src/refresh/refresh-blocks.ts'
import { runRefreshRequest } from '../../../src/refresh/refresh-request.ts'
import {
  createRefreshRig,
  createSignedInRig,
  type RefreshRigOptions,
  statusError,
  watchOutcome,
} from '../../support/refresh-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const start = (options: RefreshRigOptions = {}) => createSignedInRig({ audienceOf: () => 'files', ...options })

describe('the refreshes of several audiences, which share one refresh token', () => {
  test('run one after the other, each with the refresh token that the one before it brought', async () => {
    const { clock, session, refresher, call, calls } = await start()
    const events: unknown[] = []
    session.listenersOf('refresh-started').add(({ cause, audience }) => void events.push([cause, audience]))
    const own = refresher.start('rejected')
    const files = refresher.start('expired', 'files')
    await clock.settle()
    expect([refresher.flightOf(), refresher.flightOf('files')]).toEqual([own, files])
    expect(calls).toHaveLength(1)
    call().answer.resolve({ accessToken: 'access-2', refreshToken: 'refresh-2' })
    await clock.settle()
    expect(refresher.flightOf('files')).toBe(files)
    expect(call(1).refreshToken).toBe('refresh-2')
    call(1).answer.resolve({ accessToken: 'for-files', refreshToken: 'refresh-3' })
    expect([(await own.outcome).kind, (await files.outcome).kind]).toEqual(['refreshed', 'refreshed'])
    expect(session.state.credentials).toMatchObject({
      accessToken: 'access-2',
      refreshToken: 'refresh-3',
      audienceTokens: { files: { accessToken: 'for-files' } },
    })
    expect(events).toEqual([
      ['rejected', null],
      ['expired', 'files'],
    ])
  })

  test('leave the age of the session’s own token as it is', async () => {
    const { clock, session, refresher, call } = await start()
    const { monotonicSentAt } = session.state
    await clock.advance(7000)
    refresher.start('expired', 'files')
    await clock.settle()
    call().answer.resolve({ accessToken: 'for-files' })
    await clock.settle()
    expect(session.state.monotonicSentAt).toBe(monotonicSentAt)
    refresher.start('rejected')
    await clock.settle()
    call(1).answer.resolve({ accessToken: 'access-2' })
    await clock.settle()
    expect(session.state.monotonicSentAt).toBe(7000)
  })

  test('end together with the client: those that have not begun send nothing', async () => {
    const { clock, refresher, call, calls } = await start()
    refresher.start('rejected')
    const files = refresher.start('expired', 'files')
    await clock.settle()
    refresher.dispose()
    expect(await files.outcome).toEqual({ kind: 'disposed' })
    call().answer.resolve({ accessToken: 'access-2', refreshToken: 'refresh-2' })
    await clock.advance(5000)
    expect(calls).toHaveLength(1)
  })

  test('do not wait for one whose token another tab has brought meanwhile', async () => {
    const { store, clock, session, refresher, calls, id } = await start()
    refresher.start('expired', 'files')
    await clock.settle()
    const files = { accessToken: 'for-files', lifetimeMs: null, sentAt: clock.wallMs() }
    const credentials = credentialsOf({ refreshToken: 'refresh-2', audienceTokens: { files } })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials })
    await session.reread()
    expect(refresher.flightOf('files')).toBeNull()
    refresher.start('rejected')
    await clock.settle()
    expect(calls.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-2'])
  })

  test('go on where another tab has brought a token of another audience only', async () => {
    const { store, clock, session, refresher, call, calls, id } = await start()
    const credentials = credentialsOf({ accessToken: 'access-2', refreshToken: 'refresh-2' })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials })
    const { outcome } = refresher.start('expired', 'files')
    await clock.settle()
    expect(calls.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-2'])
    call().answer.resolve({ accessToken: 'for-files' })
    expect((await outcome).kind).toBe('refreshed')
    expect(session.state).toMatchObject({ generation: 2, credentials: { accessToken: 'access-2' } })
  })

  test('need none for a token that another tab has brought while they waited for their turn, also during a backoff', async () => {
    const { store, clock, session, refresher, call, calls, id } = await start()
    refresher.start('expired', 'files')
    const own = watchOutcome(refresher.start('rejected').outcome)
    await clock.settle()
    const credentials = credentialsOf({ accessToken: 'access-2', refreshToken: 'refresh-2' })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials })
    await session.reread()
    call().answer.reject(statusError(404))
    await clock.settle()
    call(1).answer.reject(statusError(404))
    await clock.settle()
    expect(calls.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-2'])
    expect([own.outcome?.kind, refresher.blockedBy()?.reason]).toEqual(['adopted', 'backing-off'])
  })

  test('end where the server returns the same access token once more: it is not asked for another', async () => {
    const { clock, refresher, call, calls } = await start()
    const { outcome } = refresher.start('rejected')
    await clock.settle()
    call().answer.resolve({ accessToken: 'access-1', refreshToken: 'refresh-2' })
    await clock.settle()
    expect([(await outcome).kind, calls.length]).toEqual(['refreshed', 1])
  })

  test('are hopeless where the session cannot be refreshed: only its own may be asked for', async () => {
    const { clock, refresher, calls } = await start({ ports: { canRefresh: () => false } })
    expect(await refresher.start('expired', 'files').outcome).toMatchObject({
      kind: 'unavailable',
      reason: 'no-refresh-token',
      retryAfterMs: 1000,
      detail: '',
    })
    expect(calls).toEqual([])
    refresher.start('rejected')
    await clock.settle()
    expect(calls).toHaveLength(1)
  })

  test('that arrive beside a step-up of the same user keep the newer access token', async () => {
    const { clock, session, ports, call, stored } = await start()
    const { sessionId, generation, credentials } = session.state
    const request = {
      sessionId,
      generation,
      replaces: credentials,
      cause: 'expired',
      startedMs: 0,
      audience: 'files',
    } as const
    const done = runRefreshRequest(request, null, { ...ports, blockedBy: isStart => blockedByRecord(ports, isStart) })
    await clock.settle()
    await session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
    call().answer.resolve({ accessToken: 'for-files', refreshToken: 'refresh-2' })
    expect(await done).toEqual({ kind: 'adopted' })
    expect(stored().credentials).toMatchObject({ accessToken: 'stepped-up', refreshToken: 'refresh-2' })
  })
})

test('A refresh of nobody’s session is not joined after a sign-out, although neither has a user', async () => {
  const { clock, session, refresher } = createRefreshRig({ ambient: true })
  const flight = refresher.start('restore')
  await clock.settle()
  expect(refresher.flightOf()).toBe(flight)
  await session.signOut()
  expect(refresher.flightOf()).toBeNull()
})
