import { createClient } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'
import { type AuthServer, startAuthServer } from '../../support/auth-server.ts'

/** Alice is signed in by OAuth; what the platform's fetch is asked for, and what comes of it, is noted. */
const start = async (options: ClientOptions = {}, running?: AuthServer) => {
  const server = running ?? (await startAuthServer())
  onTestFinished(server.close)
  const requests: Request[] = []
  const answers: Promise<Response>[] = []
  const client = createClient({
    ...options,
    baseUrl: server.origin,
    sessionName: 'revoked',
    fetch: (input, init) => {
      requests.push(input as Request)
      const answer = fetch(input, init)
      answers.push(answer)
      return answer
    },
    refresh: oauthRefresh({
      tokenEndpoint: `${server.origin}/token`,
      revocationEndpoint: `${server.origin}/revoke`,
      clientId: 'spa',
    }),
  })
  onTestFinished(client.dispose)
  const tokens = server.issue()
  if (!running) await client.session.signIn(tokens)
  return { server, client, requests, answers, tokens }
}

describe('the server learns of a sign-out (LR-06)', () => {
  test('with the refresh token, its hint and the client id, as a form', async () => {
    const { server, client, tokens } = await start()
    await client.session.signOut()
    await vi.waitFor(() => expect(server.revocations).toHaveLength(1))
    expect(server.revocations[0]).toMatchObject({
      token: tokens.refreshToken,
      tokenTypeHint: 'refresh_token',
      clientId: 'spa',
      headers: { 'content-type': expect.stringContaining('application/x-www-form-urlencoded') },
    })
  })

  test('so that it also arrives when the page goes away, and goes nowhere else', async () => {
    const { client, requests } = await start()
    await client.session.signOut()
    await vi.waitFor(() => expect(requests).toHaveLength(1))
    expect(requests[0]).toMatchObject({ keepalive: true, redirect: 'manual', cache: 'no-store', credentials: 'omit' })
  })

  test('of a page that has not read its store yet, with the token that is stored there', async () => {
    const items = new Map<string, string>()
    const store = {
      getItem: async (key: string) => items.get(key) ?? null,
      setItem: async (key: string, value: string) => void items.set(key, value),
    }
    const before = await start({ store })
    const { server, client } = await start({ store }, before.server)
    await client.session.signOut()
    await vi.waitFor(() => expect(server.revocations).toHaveLength(1))
    expect(server.revocations[0]?.token).toBe(before.tokens.refreshToken)
    expect([...items.values()].join()).not.toContain(before.tokens.refreshToken)
  })

  test('and a redirect sends the token nowhere', async () => {
    const { server, client, answers } = await start()
    const stranger = await startAuthServer()
    onTestFinished(stranger.close)
    server.answerWith('/revoke', { status: 307, headers: { location: `${stranger.origin}/revoke` } })
    await client.session.signOut()
    await vi.waitFor(() => expect(answers).toHaveLength(1))
    await expect(answers[0]).resolves.toMatchObject({ status: 307 })
    expect(stranger.revocations).toEqual([])
  })

  test('and its 503 stops nothing and is not reported, least of all with the token', async () => {
    const reported = vi.spyOn(console, 'error')
    const { server, client, answers } = await start()
    server.answerWith('/revoke', { status: 503 })
    await client.session.signOut()
    await vi.waitFor(() => expect(answers).toHaveLength(1))
    expect((await answers[0])?.status).toBe(503)
    expect(client.session.status).toBe('signed-out')
    expect(reported).not.toHaveBeenCalled()
  })

  test('after everything here is gone, and without being waited for', async () => {
    const { server, client } = await start()
    const status = vi.fn(() => client.session.status)
    server.answerWith('/revoke', () => ({ status: 200, body: status() }))
    await client.session.signOut()
    expect(status).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(status).toHaveBeenCalled())
    expect(status).toHaveReturnedWith('signed-out')
  })
})
