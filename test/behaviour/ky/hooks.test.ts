import ky, { type Hooks, isHTTPError, type KyInstance, replaceOption } from 'ky'
import { isReplayable } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import { createStage, refusal, type Stage, type StageOptions, stageOrigin } from '../../support/stage.ts'

const start = async (options: StageOptions = {}) => {
  const stage = createStage({ retry: { limit: 1, delay: () => 0 }, ...options })
  await stage.signIn()
  return stage
}
const tokens = ({ sends }: Stage) => sends.map(({ token }) => token)

/** What a hook was given, as plain values. */
const told = ({ request, options, ...rest }: { request: Request; options: object }) => ({
  request: [request.method, request.url, ...request.headers],
  options: Object.keys(options).sort(),
  ...Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name,
      value instanceof Error ? String(value) : value instanceof Response ? value.status : value,
    ]),
  ),
})

/** Hooks of every kind that note what they were given. */
const listening = (calls: unknown[]): Hooks => {
  const note = (name: string) => (state: object) => void calls.push([name, told(state as never)])
  return {
    beforeRequest: [note('beforeRequest')],
    afterResponse: [note('afterResponse')],
    beforeRetry: [note('beforeRetry')],
    beforeError: [
      state => {
        note('beforeError')(state)
        return state.error
      },
    ],
  }
}

describe('hooks are called when ky calls them, with what ky gives them', () => {
  /** The same calls through ky alone, against a server that lets everybody in. */
  const compare = async (
    statuses: readonly number[],
    send: (instance: KyInstance, hooks: Hooks) => Promise<unknown>,
  ) => {
    const stage = await start()
    const run = async (instance: KyInstance) => {
      const left = [...statuses]
      stage.answer(() => new Response(null, { status: left.shift() ?? 200 }))
      const calls: unknown[] = []
      await send(instance, listening(calls)).catch(() => {})
      return calls
    }
    const { fetch } = stage.client
    const plain = ky.create({
      baseUrl: stageOrigin,
      retry: { limit: 1, delay: () => 0 },
      fetch: (input, init) => fetch(input, { ...init, auth: false }),
    })
    return { plain: await run(plain), ours: await run(stage.client) }
  }

  test.each([
    ['a good answer', [200], (instance, hooks) => instance.post('a', { json: { a: 1 }, hooks })],
    ['an error', [404], (instance, hooks) => instance.get('a', { headers: { 'x-mine': '1' }, hooks })],
    ['a retry', [503, 200], (instance, hooks) => instance.get('a', { searchParams: { q: 1 }, hooks })],
    ['retries in vain', [503, 503], (instance, hooks) => instance.put('a', { body: 'x', context: { a: 1 }, hooks })],
    ['hooks of an instance', [503, 200], (instance, hooks) => instance.extend({ hooks }).get('a')],
  ] satisfies [string, number[], (instance: KyInstance, hooks: Hooks) => Promise<unknown>][])(
    '%s',
    async (_, statuses, send) => {
      const { plain, ours } = await compare(statuses, send)
      expect(ours).toEqual(plain)
      expect(ours.length).toBeGreaterThan(1)
    },
  )
})

test('a refresh and its replay call no hooks', async () => {
  const stage = await start()
  stage.refuseAll()
  const calls: [string, { response?: number; request: string[] }][] = []
  await stage.client.get('a', { hooks: listening(calls) })
  expect(tokens(stage)).toEqual(['access-1', 'access-2'])
  expect(calls.map(([name, { response }]) => [name, response])).toEqual([
    ['beforeRequest', undefined],
    ['afterResponse', 200],
  ])
  expect(JSON.stringify(calls)).not.toContain('access-')
})

test('a final 401 goes through afterResponse and beforeError, once, without a token in it', async () => {
  const stage = await start()
  stage.answer(() => new Response('no', { status: 401 }))
  const calls: [string, unknown][] = []
  await expect(stage.client.get('a', { hooks: listening(calls) })).rejects.toThrow('401')
  expect(calls.map(([name]) => name)).toEqual(['beforeRequest', 'afterResponse', 'beforeError'])
  expect(JSON.stringify(calls)).not.toContain('access-')
})

test('an error of this library goes through beforeError', async () => {
  const stage = await start()
  stage.refuseAll()
  stage.refresh(async () => null)
  const beforeError = vi.fn(({ error }) => error)
  await expect(stage.client.get('a', { hooks: { beforeError: [beforeError] } })).rejects.toMatchObject({
    code: 'session-ended',
  })
  expect(beforeError.mock.calls.map(([{ error, request }]) => [error.name, request.url])).toEqual([
    ['SessionEndedError', 'https://api.test/a'],
  ])
})

test('a response that a beforeRequest hook returns is used, and nothing is sent', async () => {
  const stage = await start()
  const answer = await stage.client.get('a', { hooks: { beforeRequest: [() => new Response('cached')] } }).text()
  expect([answer, stage.sends.length]).toEqual(['cached', 0])
})

test('a response that an afterResponse hook returns replaces the response', async () => {
  const stage = await start()
  stage.refuseAll()
  const afterResponse = [async ({ response }: { response: Response }) => new Response(`${await response.text()}, seen`)]
  expect(await stage.client.get('a', { hooks: { afterResponse } }).text()).toBe('fine, seen')
})

test.each(['the client’s', 'ky’s'])(
  'a retry that an afterResponse hook forces with %s retry() carries the current token',
  async whose => {
    const stage = await start()
    const retry = whose === 'ky’s' ? ky.retry : stage.client.retry
    const afterResponse = [
      async ({ retryCount }: { retryCount: number }) => {
        if (retryCount > 0) return undefined
        await stage.client.session.refresh()
        return retry({ delay: 0 })
      },
    ]
    expect(await stage.client.get('a', { hooks: { afterResponse } }).text()).toBe('fine')
    expect(tokens(stage)).toEqual(['access-1', 'access-2'])
  },
)

test('a beforeRetry hook may stop ky with the client’s own `stop`', async () => {
  const stage = await start()
  stage.answer(() => new Response(null, { status: 503 }))
  expect(await stage.client.get('a', { hooks: { beforeRetry: [() => stage.client.stop] } })).toBeUndefined()
  expect(stage.sends).toHaveLength(1)
})

describe('init hooks', () => {
  test('of an instance and of a call run for every call, in ky’s order, and their settings apply', async () => {
    const stage = await start()
    const order: string[] = []
    const set = (name: string) => (options: { headers?: unknown }) => {
      order.push(name)
      options.headers = { 'x-set-by': name }
    }
    const headers: (string | null)[] = []
    stage.answer((_, request) => {
      headers.push(request.headers.get('x-set-by'))
      return new Response('fine')
    })
    const instance = stage.client.extend({ hooks: { init: [set('instance')] } })
    await instance.get('a')
    await instance.get('a', { hooks: { init: [set('call')] } })
    expect(order).toEqual(['instance', 'instance', 'call'])
    expect(headers).toEqual(['instance', 'call'])
    expect(tokens(stage)).toEqual(['access-1', 'access-1'])
  })

  test('may choose the fetch function, and the token is attached', async () => {
    const stage = await start()
    const seen: (string | null)[] = []
    const network = async (input: RequestInfo | URL, init?: RequestInit) => {
      seen.push(new Request(input, init).headers.get('authorization'))
      return new Response('by the hook')
    }
    const init = [(options: { fetch?: unknown }) => void Object.assign(options, { fetch: network })]
    expect(await stage.client.get('a', { hooks: { init } }).text()).toBe('by the hook')
    expect(await stage.client.extend({ hooks: { init } }).get('a').text()).toBe('by the hook')
    expect(seen).toEqual(['Bearer access-1', 'Bearer access-1'])
    expect(stage.sends).toHaveLength(0)
  })

  test('may set the options of this library', async () => {
    const stage = await start()
    const init = [(options: object) => void Object.assign(options, { auth: false })]
    await stage.client.get('a', { hooks: { init }, throwHttpErrors: false })
    expect(tokens(stage)).toEqual([null])
  })
})

test.each([
  ['replaced by none', replaceOption({})],
  ['replaced by others', replaceOption({ beforeRequest: [() => {}] })],
  ['without init', { init: undefined }],
  [
    'without any of them',
    {
      init: undefined,
      beforeRequest: undefined,
      beforeRetry: undefined,
      afterResponse: undefined,
      beforeError: undefined,
    },
  ],
])('hooks that are %s leave the authentication as it is, for an instance and for a call', async (_, hooks) => {
  const inherited = vi.fn()
  const stage = await start({ hooks: { init: [inherited], beforeRequest: [inherited] } })
  const given = { hooks: hooks as Hooks }
  for (const send of [() => stage.client.extend(given).get('a'), () => stage.client.get('a', given)]) {
    stage.refuseAll()
    inherited.mockClear()
    expect(await send().text()).toBe('fine')
    expect(inherited.mock.calls.length).toBeLessThan(2)
  }
  expect(tokens(stage)).toEqual(['access-1', 'access-2', 'access-2', 'access-3'])
})

test('replaceOption replaces headers and search parameters, and leaves the authentication as it is', async () => {
  const stage = await start({ headers: { 'x-a': '1' }, searchParams: { a: '1' } })
  const urls: string[] = []
  stage.answer((_, { url, headers }) => {
    urls.push(`${url} ${headers.get('x-a')} ${headers.get('x-b')}`)
    return new Response('fine')
  })
  const options = { headers: replaceOption({ 'x-b': '2' }), searchParams: replaceOption({ b: '2' }) }
  await stage.client.get('a', options)
  await stage.client.extend(options).get('a')
  await stage.client.get('a', { ...options, hooks: { beforeRequest: [] } })
  expect(urls).toEqual(Array(3).fill('https://api.test/a?b=2 null 2'))
  expect(tokens(stage)).toEqual(Array(3).fill('access-1'))
})

test('what replaceOption holds is what counts for a replay, too: its body and its timeout', async () => {
  const stage = await start()
  const bodies: string[] = []
  stage.answer(async ({ token }, request) => {
    bodies.push(await request.text())
    if (token === 'access-1') return refusal()
    await new Promise(resolve => setTimeout(resolve, 50))
    return new Response('fine')
  })
  const options: object = { body: replaceOption('once more'), timeout: replaceOption(5000) }
  expect(await stage.client.put('a', options).text()).toBe('fine')
  expect(bodies).toEqual(['once more', 'once more'])
})

test('HTTPError and NetworkError show the request that ky made, without a token', async () => {
  const stage = await start({ retry: 0 })
  stage.answer(() => new Response('no', { status: 403 }))
  const failed = await stage.client.get('a', { headers: { 'x-mine': '1' } }).catch((error: unknown) => error)
  stage.answer(() => {
    throw new TypeError('fetch failed')
  })
  const lost = await stage.client.get('a', { headers: { 'x-mine': '1' } }).catch((error: unknown) => error)
  expect(isHTTPError(failed)).toBe(true)
  for (const error of [failed, lost] as { request: Request; options?: object }[]) {
    expect([...error.request.headers]).toEqual([['x-mine', '1']])
    expect(JSON.stringify(error)).not.toContain('access-')
  }
})

test('an afterResponse hook can tell that the request of a 401 cannot be sent again, from the copy that ky gives it', async () => {
  const stage = await start()
  stage.refuseAll()
  const told: boolean[] = []
  const hooks: Hooks = { afterResponse: [({ response }) => void told.push(isReplayable(response.clone()))] }
  const body = new Blob(['x']).stream()
  const response = await stage.client.post('a', { body, hooks, throwHttpErrors: false })
  expect([response.status, isReplayable(response), told]).toEqual([401, false, [false]])
})
