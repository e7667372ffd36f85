import { bearer, createClient } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createNetwork } from '../../support/network.ts'

const start = async (options: Parameters<typeof bearer>[0], accessToken = 'the-token') => {
  const network = createNetwork()
  const client = createClient({
    baseUrl: 'https://api.test/',
    fetch: network.fetch,
    retry: 0,
    ...(options && { scheme: bearer(options) }),
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken })
  return { client, sends: network.sends }
}

describe('bearer', () => {
  test.each([
    [undefined, 'authorization', 'Bearer the-token'],
    [{}, 'authorization', 'Bearer the-token'],
    [{ header: undefined, prefix: undefined }, 'authorization', 'Bearer the-token'],
    [{ prefix: 'Token' }, 'authorization', 'Token the-token'],
    [{ prefix: '' }, 'authorization', 'the-token'],
    [{ header: 'X-Access-Token' }, 'x-access-token', 'Bearer the-token'],
    [{ header: 'X-Access-Token', prefix: '' }, 'x-access-token', 'the-token'],
  ])('with %o sends %s: %s (TX-01)', async (options, header, value) => {
    const { client, sends } = await start(options)
    await client.get('x')
    await client.fetch('https://api.test/x')
    for (const { headers } of sends) {
      expect(headers.get(header)).toBe(value)
      expect([...headers.values()].filter(text => text.includes('the-token'))).toHaveLength(1)
    }
    expect(sends).toHaveLength(2)
  })

  test.each([
    [{ header: 'X Access' }],
    [{ header: '' }],
    [{ header: 'X-Tök' }],
    [{ prefix: 'Bearer\n' }],
    [{ prefix: ' Bearer' }],
    [{ prefix: 'Tök✓' }],
  ])('%o is rejected when the scheme is made, since the error of the platform would print the token', options => {
    expect(() => bearer(options)).toThrow(expect.objectContaining({ code: 'configuration', option: 'header' }))
  })

  test.each([
    [{ prefix: 'JWT' }, 'JWT realm="api"', true],
    [{ prefix: 'Token' }, 'token', true],
    [{ prefix: 'Token token' }, 'Token realm="api"', true],
    [{ prefix: 'JWT' }, 'Basic realm="api"', false],
    [{ prefix: 'JWT' }, 'JWT error="insufficient_scope"', false],
    [{ prefix: 'JWT' }, 'Bearer error="insufficient_scope", JWT error="invalid_token"', true],
    [{ prefix: 'JWT' }, 'Bearer realm="api"', true],
    [{ prefix: '' }, 'Bearer', true],
    [{}, 'JWT realm="api"', false],
    [{}, 'Basic realm="api", Bearer', true],
  ])('with %o hears %s: refreshed %s', async (options, challenge, refreshed) => {
    const refresh = vi.fn(async () => ({ accessToken: 'newer' }))
    const network = createNetwork(({ authorization }) =>
      authorization?.endsWith('newer')
        ? new Response('fine')
        : new Response('', { status: 401, headers: { 'www-authenticate': challenge } }),
    )
    const client = createClient({
      baseUrl: 'https://api.test/',
      fetch: network.fetch,
      retry: 0,
      refresh,
      scheme: bearer(options),
    })
    onTestFinished(client.dispose)
    await client.session.signIn({ accessToken: 'older' })
    expect((await client.fetch('https://api.test/x')).ok).toBe(refreshed)
    expect(refresh).toHaveBeenCalledTimes(refreshed ? 1 : 0)
  })

  test('with a header of its own leaves the caller’s value in that header alone, and Authorization may be used', async () => {
    const { client, sends } = await start({ header: 'X-Access-Token', prefix: '' })
    await client.get('x', { headers: { 'x-access-token': 'mine' } })
    await client.get('x', { headers: { Authorization: 'Basic mine' } })
    expect(sends.map(({ headers }) => [headers.get('x-access-token'), headers.get('authorization')])).toEqual([
      ['mine', null],
      ['the-token', 'Basic mine'],
    ])
  })

  test.each(['a', 'abc.def.ghi', 'a-b_c~d+e/f==', '!"#$%&()*,:;<>?@[]^`{|}', 'x'.repeat(8000)])(
    'sends a token of any visible ASCII as it is: %s',
    async token => {
      const { client, sends } = await start(undefined, token)
      await client.get('x')
      expect(sends[0]?.authorization).toBe(`Bearer ${token}`)
    },
  )

  test.each([' a', 'a ', 'a b', 'a\tb', 'a\nb', 'a\r\nX: y', 'a\0', 'ä', '🔑', '\u00a0'])(
    'rejects a token that no header can carry at signIn, does not send it, and quotes it in no error: %j (TX-08)',
    async token => {
      const { client, sends } = await start(undefined, 'good')
      const error = await client.session
        .signIn({ accessToken: `secret${token}secret` })
        .then(String, (reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'configuration', message: expect.not.stringContaining('secret') })
      await client.get('x')
      expect(sends.map(({ authorization }) => authorization)).toEqual(['Bearer good'])
    },
  )

  test.each([
    ['Bearer the-token', /starts with its scheme/],
    ['dpop the-token', /starts with its scheme/],
    ['"the-token"', /in quotes/],
    ["'the-token'", /in quotes/],
    ['the-token\n', /line end/],
    [' the-token', /line end/],
    ['undefined', /the word "undefined"/],
    ['null', /the word "undefined" or "null"/],
  ])('rejects %j at signIn with the reason', async (accessToken, reason) => {
    const { client } = await start(undefined, 'good')
    await expect(client.session.signIn({ accessToken })).rejects.toThrow(reason)
    expect(await client.session.getAccessToken()).toBe('good')
  })

  test.each(['Bearer', 'bearer', 'BEARER', undefined])('accepts tokens of the type %j (TX-07)', async tokenType => {
    const network = createNetwork()
    const client = createClient({
      baseUrl: 'https://api.test/',
      fetch: network.fetch,
      refresh: async () => ({ accessToken: 'newer', tokenType }),
    })
    await client.session.signIn({ accessToken: 'the-token' })
    await client.session.refresh()
    expect(await client.session.getAccessToken()).toBe('newer')
  })

  test.each(['mac', 'N_A', 'DPoP', 'Bearer2'])(
    'accepts none of the type %s: the sign-in rejects at once, says what to do, and changes nothing (TX-07)',
    async tokenType => {
      const client = createClient({ baseUrl: 'https://api.test/' })
      await client.session.signIn({ accessToken: 'the-token' })
      await expect(client.session.signIn({ accessToken: 'secret', tokenType })).rejects.toMatchObject({
        code: 'configuration',
        option: 'tokenType',
        message: expect.not.stringContaining('secret'),
      })
      expect(await client.session.getAccessToken()).toBe('the-token')
    },
  )

  test.each(['mac', 'N_A', 'DPoP', 'Bearer2'])(
    'accepts none of the type %s: the refresh fails (TX-07)',
    async tokenType => {
      const client = createClient({
        baseUrl: 'https://api.test/',
        refresh: async () => ({ accessToken: 'newer', tokenType }),
      })
      await client.session.signIn({ accessToken: 'the-token' })
      await expect(client.session.refresh()).rejects.toMatchObject({
        code: 'refresh-unavailable',
        reason: 'unreadable-response',
      })
      expect(await client.session.getAccessToken()).toBe('the-token')
    },
  )
})
