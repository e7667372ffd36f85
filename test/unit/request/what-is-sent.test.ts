import { describe, expect, test, vi } from 'vitest'
import { isSentBy } from '../../../src/platform/fetch.ts'
import type { PipelinePorts } from '../../../src/request/pipeline-ports.ts'
import type { FetchInit } from '../../../src/request/request-context.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createPipelineRig, rigUrl as url } from '../../support/pipeline-rig.ts'
import { createRequestRig } from '../../support/request-rig.ts'

/** Without the mark of the client, which is a symbol. */
const membersOf = (init: RequestInit | undefined): RequestInit => Object.fromEntries(Object.entries(init ?? {}))

describe('What may be a login waits until running calls have settled', () => {
  const settle = async (init: FetchInit, more: Partial<PipelinePorts> = {}, to = url) => {
    const settled = createDeferred()
    const whenCallsSettled = vi.fn(() => settled.promise)
    const rig = createPipelineRig({}, { whenCallsSettled, ...more })
    const sent = rig.send(to, init).then(
      () => {},
      () => {},
    )
    await new Promise(resolve => setImmediate(resolve))
    const waits = rig.transport.mock.calls.length === 0
    settled.resolve()
    await sent
    return { waits, steps: rig.steps(), asked: whenCallsSettled.mock.calls.length }
  }
  const login = { method: 'POST', auth: false } as const
  const sentAtOnce = { waits: false, asked: 0, steps: ['sent', 'completed'] }

  test('and says so', async () => {
    expect(await settle(login)).toEqual({ waits: true, asked: 1, steps: ['waiting for refresh', 'sent', 'completed'] })
  })
  test.each<[string, FetchInit, string]>([
    ['a GET', { auth: false }, url],
    ['a keepalive request', { ...login, keepalive: true }, url],
    ['a request with a signal that is aborted', { ...login, signal: AbortSignal.abort() }, url],
    ['a request with its own Authorization', { method: 'POST', headers: { authorization: 'x' } }, url],
    ['a request to an untrusted origin', login, 'https://else.test/'],
    ['a no-cors request', { method: 'POST', mode: 'no-cors' }, url],
  ])('but %s does not', async (_, init, to) => {
    expect(await settle(init, {}, to)).toEqual(sentAtOnce)
  })
  test('and none does where nothing runs, or where nothing can', async () => {
    expect(await settle(login, { whenCallsSettled: () => undefined })).toEqual(sentAtOnce)
    expect(await settle(login, { whenCallsSettled: undefined })).toEqual(sentAtOnce)
  })

  test('and its body is sent as it was at the call', async () => {
    const settled = createDeferred()
    const { send, transport } = createPipelineRig({}, { whenCallsSettled: () => settled.promise })
    const body = new TextEncoder().encode('as it was')
    const sent = [
      send(url, { ...login, body }),
      send(new Request(url, { method: 'POST', body: 'own' }), { auth: false }),
    ]
    body.fill(0)
    settled.resolve()
    await Promise.all(sent)
    const bodies = transport.mock.calls.map(([input, init]) => new Request(input, init).text())
    expect(await Promise.all(bodies)).toEqual(['as it was', 'own'])
  })
})

describe('What is sent', () => {
  test('without credentials has what the caller passed, and steps that say so', async () => {
    const { send, transport, steps } = createPipelineRig()
    const request = new Request(url, { method: 'PUT', body: 'x', headers: { 'x-a': '1' } })
    await send(request, { auth: false, cache: 'reload' })
    const [[input, init] = []] = transport.mock.calls
    const { headers, ...rest } = membersOf(init)
    expect([transport.mock.calls.length, input === request, rest]).toEqual([1, true, { cache: 'reload' }])
    expect(new Headers(headers).get('x-a')).toBe('1')
    expect(steps()).toEqual(['sent', 'completed'])
  })

  test('with credentials has steps that say so', async () => {
    const { send, steps } = createPipelineRig()
    await send()
    expect(steps()).toEqual(['sent', 'completed'])
  })

  test.each<[string, RequestInfo, FetchInit, string, boolean]>([
    ['of a login', url, { auth: false }, 'auth-false', true],
    ['with its own Authorization', url, { headers: { authorization: 'x' } }, 'own-authorization', true],
    ['to an untrusted origin', 'https://else.test/', {}, 'untrusted-origin', false],
    ['without CORS', url, { mode: 'no-cors' }, 'no-cors', false],
  ])(
    '%s says why it has no credentials, and has the headers of sendHeaders if it is the app’s own',
    async (...given) => {
      const [, input, init, reason, isOwn] = given
      const { send, said, transport } = createPipelineRig({}, { sendHeaders: () => ({ 'x-csrf': '1' }) })
      await send(input, init)
      expect(said[0]).toMatchObject({ step: 'sent', credentials: 'none', reason })
      const [, sent] = transport.mock.lastCall ?? []
      expect(new Headers(sent?.headers).has('x-csrf')).toBe(isOwn)
    },
  )

  test('is the body as it was at the call, also after a wait', async () => {
    const { send, transport } = createPipelineRig({ age: 'expired' })
    const body = new TextEncoder().encode('as it was')
    const sent = send(url, { method: 'PUT', body })
    body.fill(0)
    await sent
    const [input, init] = transport.mock.lastCall ?? []
    expect(await new Request(input as string, init).text()).toBe('as it was')
  })

  test('aborted is left to fetch at once: it waits for nothing, starts nothing, and has no credentials', async () => {
    const { send, told, steps, tokens } = createPipelineRig({ age: 'expired' })
    await send(url, { signal: AbortSignal.abort() })
    expect([told, steps(), tokens()]).toEqual([[], [], [null]])
  })

  test.each<[string, RequestInfo, FetchInit]>([
    ['with credentials', url, {}],
    ['without credentials', url, { auth: false }],
    ['aborted', url, { signal: AbortSignal.abort() }],
    ['to no URL', 'http://', {}],
  ])('carries the mark of this client: %s', async (_, input, init) => {
    const { send, transport, ports } = createPipelineRig()
    await send(input, init)
    expect(isSentBy(ports.sender, ...((transport.mock.lastCall ?? []) as [unknown, unknown]))).toBe(true)
  })

  test('to no URL has the members of the init, and no option of this library', async () => {
    const { send, transport } = createPipelineRig()
    await send('http://', { method: 'PUT', auth: false })
    const [[input, init] = []] = transport.mock.calls
    expect([input, membersOf(init)]).toEqual(['http://', { method: 'PUT' }])
  })

  test('by a wrapper that passes on what this client sends goes to the network as it is', async () => {
    const below = vi.fn(async () => new Response())
    vi.stubGlobal('fetch', below)
    const { send, transport } = createPipelineRig()
    await send()
    const [input, init] = transport.mock.lastCall ?? []
    const outer = createRequestRig()
    await outer.pipeline(input as string, init, { transport })
    expect(below).not.toHaveBeenCalled()
    const again = createPipelineRig({}, {})
    await again.send()
    const sent = again.transport.mock.lastCall ?? []
    await again.pipeline(sent[0] as string, sent[1], { transport: again.transport })
    expect(below).toHaveBeenCalledExactlyOnceWith(...sent)
  })

  test('with an init that is no object is left to fetch', async () => {
    const below = vi.fn(async () => new Response())
    vi.stubGlobal('fetch', below)
    const { send, transport } = createPipelineRig()
    await send(url, 7 as never)
    expect(below).toHaveBeenCalledExactlyOnceWith(url, 7)
    await send(url, null as never)
    await send(url, Object.assign(() => {}, { method: 'PUT' }) as never)
    expect([below.mock.calls.length, transport.mock.calls.map(([, init]) => init?.method)]).toEqual([
      1,
      [undefined, 'PUT'],
    ])
  })
})

describe('The form of a replay is that of the first send', () => {
  test('a body in a Request is in a Request again, with the other members beside it', async () => {
    const { send, transport } = createPipelineRig({}, {}, [401])
    const request = new Request(url, { method: 'PUT', body: 'first', headers: { 'x-a': '1' } })
    const { signal } = new AbortController()
    await send(request, { replay: () => 'again', signal })
    const [first, second] = transport.mock.calls
    expect(first?.[0]).toBe(request)
    const [whole, init] = second ?? []
    expect(whole).toBeInstanceOf(Request)
    expect(await (whole as Request).text()).toBe('again')
    const { headers, ...rest } = membersOf(init)
    expect([headers === (whole as Request).headers, rest]).toEqual([true, { signal }])
  })

  test('a body in an init is in an init again, beside a Request too', async () => {
    for (const input of [url, new Request(url, { method: 'PUT', body: 'not this' })]) {
      const { send, transport } = createPipelineRig({}, {}, [401])
      await send(input, { method: 'PUT', body: 'x' })
      expect(transport.mock.calls.map(([sentInput, init]) => [sentInput === input, init?.body])).toEqual(
        Array(2).fill([true, 'x']),
      )
    }
  })

  test('the copy of a Request is sent as it is', async () => {
    const { send, transport } = createPipelineRig({}, {}, [401])
    const request = new Request(url, { method: 'PUT', body: 'x' })
    await send(request)
    const [first, second] = transport.mock.calls
    expect([first?.[0] === request, second?.[0] === request]).toEqual([true, false])
    expect('body' in (second?.[1] ?? {})).toBe(false)
    expect(await new Response((second?.[0] as Request | undefined)?.body).text()).toBe('x')
  })

  test('a POST without a body, to a URL, is sent again', async () => {
    const { send, transport } = createPipelineRig({}, {}, [401])
    await send(url, { method: 'POST' })
    expect(transport.mock.calls.map(([input]) => input)).toEqual([url, url])
  })
})
