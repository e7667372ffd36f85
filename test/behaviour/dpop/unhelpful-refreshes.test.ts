import { expect, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createDpopClient } from '../../support/dpop-client.ts'

test.each(['fetch', 'ky'] as const)(
  'A hundred requests by %s with an expired token, under nonces that rotate at every turn: one refresh, each proof its own, each answered (DP-04, DP-07, RT-01)',
  async form => {
    const { server, client } = await createDpopClient({ apiNonces: true, tokenNonces: true })
    const paths = Array.from({ length: 100 }, (_, index) => `/notes/${index}`)
    await client.fetch(`${server.api}/hello`)
    server.sends.length = 0
    server.expireAccessTokens()
    // The one that is known is refused from now on; and the next one, once every token was.
    server.nonces.api.rotate()
    server.answerWith('/token', async () => {
      const refused = () => server.to('api').filter(({ error }) => error === 'invalid_token').length
      await vi.waitFor(() => expect(refused()).toBe(100), { timeout: 10_000, interval: 5 })
      server.nonces.api.rotate()
      return undefined
    })
    const send = (path: string) =>
      form === 'fetch' ? client.fetch(`${server.api}${path}`) : client.get(path.slice(1), { retry: 0 })
    const statuses = (await Promise.all(paths.map(send))).map(({ status }) => status)

    expect(statuses).toEqual(Array(100).fill(200))
    // The token endpoint wanted a nonce first, which took the same refresh token once more.
    expect(server.to('token').map(({ error }) => error)).toEqual(['use_dpop_nonce', null])
    expect(server.reuses).toBe(0)
    const identities = server.sends.map(({ proof }) => proof?.jti)
    expect(new Set(identities).size).toBe(server.sends.length)
    expect(new Set(server.sends.map(({ proof }) => proof?.thumbprint)).size).toBe(1)
    for (const path of paths) {
      const errors = server.to('api', path).map(({ error }) => error)
      expect(errors).toEqual(['use_dpop_nonce', 'invalid_token', 'use_dpop_nonce', null])
    }
  },
)

test('A token that was replaced meanwhile costs a late request no refresh, and its replay is proved for the new one (RT-02)', async () => {
  const { server, get } = await createDpopClient()
  const gate = createDeferred<undefined>()
  server.answerWith('/late', () => gate.promise)
  const late = get('/late')
  server.expireAccessTokens()
  expect((await get('/notes')).status).toBe(200)
  gate.resolve(undefined)
  expect((await late).status).toBe(200)
  expect(server.to('api', '/late').map(({ error }) => error)).toEqual(['invalid_token', null])
  expect(server.to('token')).toHaveLength(1)
})
