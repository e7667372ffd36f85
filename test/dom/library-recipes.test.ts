import Uppy from '@uppy/core'
import { ConfigurationError, RefreshUnavailableError, SessionEndedError } from 'latchkey'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import useSWR, { SWRConfig, useSWRConfig } from 'swr'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { reportUser, sentryOptions } from '../../demo/recipes/sentry.ts'
import { clearWithSession, swrOptions } from '../../demo/recipes/swr.ts'
import { createUppy } from '../../demo/recipes/uppy.ts'
import { type ApiHandler, sendJson, startRecipeWorld } from '../recipes/recipe-server.ts'

describe('the recipe for Sentry', () => {
  const send = (error: unknown) => sentryOptions.beforeSend?.({ type: undefined }, { originalException: error })

  test('drops the end of a session and a refresh that must wait, and keeps faults of the program', () => {
    const unavailable = new RefreshUnavailableError({ reason: 'offline', status: null, retryAfterMs: 1000 })
    expect({
      ended: send(new SessionEndedError('refresh-rejected')),
      unavailable: send(unavailable),
      configuration: send(new ConfigurationError(null, 'wrong')),
      other: send(new TypeError('x is undefined')),
    }).toEqual({ ended: null, unavailable: null, configuration: { type: undefined }, other: { type: undefined } })
  })

  test('reports the user of the session, and its end', async () => {
    const { api } = await startRecipeWorld(() => {})
    const users: unknown[] = []
    const stop = reportUser(api, user => void users.push(user))
    await api.session.signIn({ accessToken: 'access', subject: 'alice' })
    await api.session.signOut()
    stop()
    await api.session.signIn({ accessToken: 'access', subject: 'bob' })
    expect(users).toEqual([null, { id: 'alice' }, null])
  })
})

describe('the recipe for SWR', () => {
  const handler: ApiHandler = ({ path }, response) => sendJson(response, 200, { path })
  const roots: { unmount(): void }[] = []
  afterEach(() => {
    for (const root of roots.splice(0)) root.unmount()
  })

  const render = async (
    api: Parameters<typeof swrOptions>[0] & Parameters<typeof clearWithSession>[0],
    paths: readonly string[],
  ) => {
    const seen: Record<string, unknown> = {}
    const Todos = ({ path }: { readonly path: string }) => {
      const { data, error } = useSWR(path)
      seen[path] = error ?? data
      return null
    }
    const Clear = () => {
      const { mutate } = useSWRConfig()
      clearWithSession(api, mutate as never)
      return null
    }
    const root = createRoot(document.createElement('div'))
    roots.push(root)
    const children = [
      createElement(Clear, { key: 'clear' }),
      ...paths.map(path => createElement(Todos, { key: path, path })),
    ]
    root.render(createElement(SWRConfig, { value: { ...swrOptions(api), provider: () => new Map() } }, children))
    return seen
  }

  test('serves several keys across an expiry with one refresh', async () => {
    const world = await startRecipeWorld(handler)
    world.expire()
    const seen = await render(world.api, ['a', 'b', 'c'])
    await vi.waitFor(() => expect(seen).toEqual({ a: { path: '/a' }, b: { path: '/b' }, c: { path: '/c' } }), 10_000)
    expect(world.refreshes()).toBe(1)
  })

  test('shows the end of the session once, without retries, and forgets what it held', async () => {
    const world = await startRecipeWorld(handler)
    world.end()
    const seen = await render(world.api, ['a'])
    await vi.waitFor(() => expect(seen).toMatchObject({ a: { code: 'session-ended' } }), 10_000)
    expect({ sends: world.calls.length, refreshes: world.refreshes() }).toEqual({ sends: 1, refreshes: 1 })
  })
})

describe('the recipe for Uppy', () => {
  test('uploads with a newer token when the token has expired', async () => {
    let received = 0
    const world = await startRecipeWorld(({ method, body, headers }, response) => {
      response.setHeader('tus-resumable', '1.0.0')
      if (method === 'POST') return response.writeHead(201, { location: '/files/1' }).end()
      received += body.length
      return response.writeHead(204, { 'upload-offset': Number(headers['upload-offset']) + body.length }).end()
    })
    const uppy = createUppy(world.api, `${world.origin}/files`)
    const done = new Promise(resolve => uppy.on('complete', resolve))
    world.expire()
    uppy.addFile({ name: 'a.txt', type: 'text/plain', data: Buffer.from('content') as never })
    expect(await done).toMatchObject({ failed: [], successful: [{ name: 'a.txt' }] })
    expect({ received, refreshes: world.refreshes(), isUppy: uppy instanceof Uppy }).toEqual({
      received: 7,
      refreshes: 1,
      isUppy: true,
    })
  })
})
