import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { watchLogins } from '../../../../src/refresh/strategies/watch-logins.ts'
import { credentialsOf } from '../../../support/session-records.ts'
import { createSessionRig } from '../../../support/session-rig.ts'

const reported = vi.fn()
beforeEach(() => {
  reported.mockClear()
  vi.stubGlobal('reportError', reported)
})
afterEach(() => void vi.unstubAllGlobals())

/** A session in a cookie mode, whose logins are watched. */
const start = () => {
  const { session } = createSessionRig()
  const watch = watchLogins(session)
  const logIn = () => watch(credentialsOf({ accessToken: null, refreshToken: null }))
  const refreshed = () => session.emit('refreshed', { cause: 'manual', durationMs: 1, subject: null } as never)
  const ended = (reason = 'refresh-rejected') => session.emit('ended', { reason, subject: null } as never)
  return { watch, logIn, refreshed, ended }
}

describe('a login whose cookie was not kept', () => {
  test('is reported when its first refresh is rejected, once', () => {
    const { logIn, ended } = start()
    logIn()
    ended()
    ended()
    expect(reported.mock.calls).toMatchObject([[{ code: 'configuration' }]])
  })

  test.each<[string, (scene: ReturnType<typeof start>) => void]>([
    ['there was no login', ({ ended }) => ended()],
    [
      'a refresh has succeeded since',
      ({ logIn, refreshed, ended }) => {
        logIn()
        refreshed()
        ended()
      },
    ],
    [
      'the session ended in another way',
      ({ logIn, ended }) => {
        logIn()
        ended('signed-out')
      },
    ],
    [
      'it is a later end, of another session',
      ({ logIn, ended }) => {
        logIn()
        ended('signed-out')
        ended()
      },
    ],
  ])('is not reported if %s', (_when, happen) => {
    happen(start())
    expect(reported).not.toHaveBeenCalled()
  })
})

test('A login keeps no secret among its claims', () => {
  const { watch } = start()
  const credentials = watch(credentialsOf({ accessToken: null, claims: { sub: 'alice', access_token: 'secret' } }))
  expect(credentials).toMatchObject({ subject: 'alice', claims: { sub: 'alice' } })
  expect(JSON.stringify(credentials)).not.toContain('secret')
})
