import { describe, expect, test, vi } from 'vitest'
import { shellLogin } from '../../../src/webview/shell-login.ts'
import { createClientWithLogin, createShellClient, signedOut } from '../../support/shell-client.ts'
import { createShell } from '../../support/shell-page.ts'

describe('a page whose shell holds the session', () => {
  test('calls the shell once when it starts, and is signed in without a login', async () => {
    const { client, shell, seen, logins, ask } = createShellClient()
    await Promise.all([client.session.ready(), client.session.ready(), ask(), ask()])
    expect(seen()).toEqual({ status: 'signed-in', subject: 'alice', endReason: null })
    expect(shell.messages).toEqual([
      { latchkey: 1, id: expect.any(String), type: 'refresh', cause: 'restore', audience: null },
    ])
    expect(logins).toEqual([])
  })

  test('is signed out at the start if the shell says so, and requires no login by itself', async () => {
    const shell = createShell()
    shell.user = null
    const { client, seen, logins } = createShellClient({}, shell)
    await client.session.ready()
    expect(seen()).toEqual({ status: 'signed-out', subject: null, endReason: null })
    expect(logins).toEqual([])
  })

  test('remains unknown while the shell does not respond, and requires no login', async () => {
    const { client, shell, seen, logins, clock } = createShellClient()
    shell.respond = () => new Promise(() => {})
    const ready = client.session.ready()
    await clock.advance(10_000)
    await ready
    expect(seen().status).toBe('unknown')
    expect(logins).toEqual([])
    shell.respond = undefined
    await clock.advance(60_000)
    await client.session.ready()
    expect(seen().status).toBe('signed-in')
  })

  test('never holds a refresh token, even if the shell sends one in either spelling', async () => {
    const { client, shell } = createShellClient()
    const stored = new Map<string, string>()
    shell.respond = () => {
      const session = { access_token: 'access-1', refresh_token: 'secret', refreshToken: 'secret', sub: 'alice' }
      return { latchkey: 1, status: 'signed-in', session }
    }
    const store = {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    }
    const other = createShellClient({ store }, shell)
    await Promise.all([client.session.ready(), other.client.session.ready()])
    expect(other.seen().status).toBe('signed-in')
    expect([...stored.values()].join()).toContain('access-1')
    expect([...stored.values()].join()).not.toContain('secret')
  })

  test('after a 401 calls with the cause rejected, so that the shell does not respond from its cache', async () => {
    const { shell, api, ask, sends } = createShellClient()
    api.isGood = token => token === 'access-2'
    expect(await ask()).toBe(200)
    expect(shell.messages.map(message => 'cause' in message && message.cause)).toEqual(['restore', 'rejected'])
    expect(sends).toEqual(['access-1', 'access-2'])
  })

  test('keeps the session if the shell has only expired tokens, and stops calling', async () => {
    const { shell, api, ask, seen, logins } = createShellClient()
    api.isGood = () => false
    for (let count = 0; count < 20; count += 1) await ask()
    expect(seen().status).toBe('signed-in')
    expect(logins).toEqual([])
    expect(shell.messages.length).toBeLessThanOrEqual(10)
  })

  test('ends as replaced if the shell returns the tokens of another user, and sends no request as that user', async () => {
    const { client, shell, api, ask, seen, sends } = createShellClient()
    await client.session.ready()
    api.isGood = token => token !== 'access-1'
    shell.user = 'bob'
    expect(await ask()).toBe('session-ended')
    expect(seen()).toMatchObject({ status: 'signed-out', endReason: 'replaced' })
    expect(sends).toEqual(['access-1'])
  })

  test('that was paused fetches a newer token when it resumes, before a request needs it', async () => {
    const { client, shell, clock, wake, ask, sends } = createShellClient()
    await client.session.ready()
    clock.sleepFor(3_600_000)
    wake.wake()
    await clock.settle()
    expect(shell.types()).toEqual(['refresh', 'refresh'])
    expect(await ask()).toBe(200)
    expect(sends).toEqual(['access-2'])
  })

  test('that replaces a killed one calls anew, and the response to a call of the dead page does nothing', async () => {
    const shell = createShell()
    shell.respond = () => undefined
    const dead = createShellClient({}, shell)
    void dead.client.session.ready()
    await dead.clock.settle()
    const alive = createShellClient({}, shell)
    const ready = alive.client.session.ready()
    await alive.clock.settle()
    const [before, after] = shell.messages
    const session = { accessToken: 'stale', subject: 'mallory' }
    alive.page.post({ id: before?.id, status: 'signed-in', session })
    await alive.clock.settle()
    expect(alive.seen().status).toBe('unknown')
    alive.page.post({ ...shell.session(), id: after?.id })
    await ready
    expect(alive.seen()).toMatchObject({ status: 'signed-in', subject: 'alice' })
  })

  test('waits as long as the shell says when it is unavailable', async () => {
    const { shell, clock, ask, seen } = createShellClient()
    shell.respond = () => ({ latchkey: 1, status: 'unavailable', retryAfterSeconds: 60 })
    expect(await ask()).toBe('refresh-unavailable')
    shell.respond = undefined
    await clock.advance(30_000)
    expect(await ask()).toBe('refresh-unavailable')
    await clock.advance(31_000)
    expect(await ask()).toBe(200)
    expect(seen().status).toBe('signed-in')
    expect(shell.messages.length).toBe(2)
  })

  test('leaves no listener behind, whatever the outcome of its requests', async () => {
    const { client, shell, clock, page } = createShellClient()
    shell.respond = () => undefined
    const ready = client.session.ready()
    await clock.settle()
    expect(page.listening).toBe(1)
    await clock.advance(11_000)
    await ready
    expect(page.listening).toBe(0)
  })
})

describe('signing out', () => {
  test('calls the shell, and resolves with whether it has signed out', async () => {
    const { client, shell, seen } = createShellClient()
    await client.session.ready()
    const { revoked } = await client.session.signOut()
    expect(await revoked).toBe(true)
    expect(shell.messages.at(-1)).toEqual({ latchkey: 1, id: expect.any(String), type: 'sign-out', subject: null })
    expect(seen()).toEqual({ status: 'signed-out', subject: null, endReason: 'signed-out' })
  })

  test('before the shell has responded to the start calls it once', async () => {
    const { client, shell, clock, seen } = createShellClient({
      initial: { subject: 'alice', claims: { sub: 'alice' } },
    })
    let respond = () => {}
    shell.respond = ({ type }) =>
      type === 'sign-out'
        ? Promise.resolve(signedOut)
        : new Promise(resolve => {
            respond = () => resolve(shell.session())
          })
    void client.session.ready()
    await clock.settle()
    await client.session.signOut()
    respond()
    await clock.settle()
    expect(seen().status).toBe('signed-out')
    expect(shell.types()).toEqual(['refresh', 'sign-out'])
  })

  test('before the shell has responded to the start is repeated if it failed, naming the user of `initial`', async () => {
    const { client, shell, clock } = createShellClient({ initial: { subject: 'alice', claims: { sub: 'alice' } } })
    let respond = () => {}
    shell.respond = ({ type }) =>
      type === 'sign-out'
        ? Promise.resolve({ latchkey: 1, status: 'unavailable' })
        : new Promise(resolve => {
            respond = () => resolve(shell.session())
          })
    void client.session.ready()
    await clock.settle()
    await client.session.signOut()
    respond()
    await clock.settle()
    expect(shell.messages.slice(1)).toMatchObject([
      { type: 'sign-out', subject: null },
      { type: 'sign-out', subject: 'alice' },
    ])
  })

  test.each([
    ['unavailable', () => ({ latchkey: 1, status: 'unavailable' })],
    ['without a handler', () => null],
    ['signed in still', () => ({ latchkey: 1, status: 'signed-in', session: { accessToken: 'x' } })],
  ])(
    'counts at once with a shell that is %s, and is repeated, naming the user, when the page wakes',
    async (_what, respond) => {
      const { client, shell, seen, clock, wake } = createShellClient()
      await client.session.ready()
      shell.respond = respond
      const { revoked } = await client.session.signOut()
      expect(await revoked).toBe(false)
      expect(seen().status).toBe('signed-out')
      shell.respond = undefined
      await clock.advance(60_000)
      wake.wake()
      await clock.advance(6000)
      expect(shell.messages.at(-1)).toMatchObject({ type: 'sign-out', subject: 'alice' })
      expect(seen().status).toBe('signed-out')
    },
  )

  test('calls the shell also where the engine has no AbortController', async () => {
    const { client, shell } = createShellClient()
    await client.session.ready()
    // Not before: Node's own Request needs them.
    vi.stubGlobal('AbortController', undefined)
    vi.stubGlobal('AbortSignal', undefined)
    const { revoked } = await client.session.signOut()
    expect(await revoked).toBe(true)
    expect(shell.types()).toEqual(['refresh', 'sign-out'])
  })

  test('does not sign out a user who has signed in at the shell meanwhile', async () => {
    const { client, shell, seen, clock, wake } = createShellClient()
    await client.session.ready()
    shell.respond = () => null
    await (await client.session.signOut()).revoked
    shell.respond = undefined
    shell.user = 'bob'
    await clock.advance(60_000)
    wake.wake()
    await clock.advance(6000)
    expect(shell.types().filter(type => type === 'sign-out')).toHaveLength(1)
    expect(seen()).toMatchObject({ status: 'signed-in', subject: 'bob' })
  })
})

describe('shellLogin', () => {
  test('shows the login of the shell, and sends the waiting request as the same user', async () => {
    const { client, shell, api, ask, sends } = createClientWithLogin()
    await client.session.ready()
    api.isGood = token => token === 'access-2'
    shell.respond = ({ type }) => (type === 'refresh' ? signedOut : shell.session())
    expect(await ask()).toBe(200)
    expect(shell.messages.at(-1)).toEqual({
      latchkey: 1,
      id: expect.any(String),
      type: 'login',
      reason: 'refresh-rejected',
      subject: 'alice',
    })
    expect(sends).toEqual(['access-1', 'access-2'])
  })

  test.each([
    ['is dismissed', () => ({ latchkey: 1, status: 'declined' })],
    ['finds no handler', () => null],
    ['fails', () => Promise.reject(new Error('no activity'))],
  ])('ends the session if the login %s', async (_what, respond) => {
    const { client, shell, api, ask, logins, clock } = createClientWithLogin()
    await client.session.ready()
    api.isGood = () => false
    shell.respond = ({ type }) => (type === 'refresh' ? signedOut : respond())
    expect(await ask()).toBe('session-ended')
    await clock.advance(0)
    expect(logins).toEqual(['refresh-rejected'])
  })

  test('requests a step-up with the requirement of the server, and without the claims', async () => {
    const shell = createShell()
    const { client } = createShellClient({}, shell)
    await client.session.ready()
    const stepUp = { kind: 'step-up', acrValues: ['mfa'], maxAgeSeconds: 60, scope: null } as const
    const { signal } = new AbortController()
    await shellLogin({ bridge: shell })({ ...stepUp, subject: 'alice', claims: { email: 'a@b' }, signal })
    expect(shell.messages.at(-1)).toEqual({
      latchkey: 1,
      id: expect.any(String),
      type: 'step-up',
      subject: 'alice',
      acrValues: ['mfa'],
      maxAgeSeconds: 60,
      scope: null,
    })
  })

  test('has the shell close its login when the user signs out in the page', async () => {
    const { client, shell, api, ask, clock } = createClientWithLogin()
    await client.session.ready()
    api.isGood = () => false
    shell.respond = ({ type }) => (type === 'login' ? new Promise(() => {}) : signedOut)
    const asked = ask()
    await expect.poll(() => shell.types()).toContain('login')
    const login = shell.messages.find(({ type }) => type === 'login')
    await client.session.signOut()
    expect(await asked).toBe('session-ended')
    await clock.settle()
    expect(shell.messages).toContainEqual({ latchkey: 1, id: login?.id, type: 'cancel' })
  })
})
