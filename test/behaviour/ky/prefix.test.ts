import { cookieSession, createClient } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { expect, onTestFinished, test } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'
import { createNetwork } from '../../support/network.ts'

const createApi = () =>
  createNetwork(({ url: { pathname }, authorization }) => {
    if (pathname.endsWith('refresh')) return Response.json({ accessToken: 'newer' })
    return authorization === 'Bearer old' ? new Response(null, { status: 401 }) : new Response()
  })

test.each<[ClientOptions, string, string]>([
  [{ prefix: 'https://api.test/v1' }, 'auth/refresh', 'https://api.test/v1/auth/refresh'],
  [{ prefix: 'https://api.test/v1/' }, 'auth/refresh', 'https://api.test/v1/auth/refresh'],
  [{ prefix: 'https://api.test/v1//' }, '/auth/refresh', 'https://api.test/v1/auth/refresh'],
  [{ prefix: new URL('https://api.test/v1') }, '/auth/refresh', 'https://api.test/v1/auth/refresh'],
  [{ prefix: 'https://api.test' }, '//evil.test/refresh', 'https://api.test/evil.test/refresh'],
  [{ prefix: 'https://api.test/v1' }, '\t//evil.test/refresh', 'https://api.test/v1///evil.test/refresh'],
  [{ prefix: '/v1', baseUrl: 'https://api.test/' }, 'auth/refresh', 'https://api.test/v1/auth/refresh'],
  [{ prefix: 'v1', baseUrl: 'https://api.test/deep/' }, '/auth/refresh', 'https://api.test/deep/v1/auth/refresh'],
  [{ baseUrl: 'https://api.test/v1/' }, 'auth/refresh', 'https://api.test/v1/auth/refresh'],
  [{ baseUrl: 'https://api.test/v1/' }, '/auth/refresh', 'https://api.test/auth/refresh'],
])('with %o `post` joins %j as requests do', async (options, path, expected) => {
  const network = createApi()
  const client = createClient({
    ...options,
    fetch: network.fetch,
    retry: 0,
    refresh: ({ post, refreshToken }) => post(path, { refreshToken }),
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'old', refreshToken: 'r' })
  await client.session.refresh()
  await client.get(path)
  expect(network.sends.map(({ url }) => url.href)).toEqual([expected, expected])
})

test('an absolute URL that is given to `post` stays what it is, whatever the prefix', async () => {
  const network = createApi()
  const client = createClient({
    prefix: 'https://api.test/v1',
    fetch: network.fetch,
    refresh: ({ post }) => post('https://id.test/refresh'),
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'old' })
  await client.session.refresh()
  expect(network.sends.map(({ url }) => url.href)).toEqual(['https://id.test/refresh'])
})

test('signOutUrl is resolved against the prefix, too', async () => {
  const network = createApi()
  const client = createClient({
    prefix: 'https://api.test/v1',
    fetch: network.fetch,
    refresh: cookieSession({ url: '/refresh', signOutUrl: '/logout' }),
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ cookie: true, subject: 'alice' })
  await client.session.signOut()
  await expect.poll(() => network.sends.map(({ url }) => url.href)).toContain('https://api.test/v1/logout')
})

test('latchkey/fetch rejects a base URL whose last segment would be lost, too', () => {
  expect(() => createAuthenticatedFetch({ baseUrl: 'https://api.test/v1' })).toThrow('end it with a slash')
})
