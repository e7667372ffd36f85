import { isHTTPError, type RetryOptions, replaceOption } from 'ky'
import { isReplayable } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, outcomeOf, refusal, stageOrigin } from '../../support/stage.ts'

const streamOf = (text: string) => new Blob([text]).stream()
const init = (body: ReadableStream) => ({ method: 'POST', body, duplex: 'half' }) as const

/** The forms with ky return its errors in place of a response. */
const thrown = (answer: unknown) => {
  if (answer instanceof Error) throw answer
  return answer
}

/** With ky's own retries, as by default; the API takes no token issued so far. */
const startExpired = async () => {
  const { server, client } = await createServedClient({ retry: { limit: 2, methods: ['post'], delay: () => 0 } })
  server.expireAccessTokens()
  return { server, client, url: `${server.origin}/api/upload` }
}
type Started = Awaited<ReturnType<typeof startExpired>>

/** The two ways to send a stream; ky's throws for the 401. */
const forms: [string, (started: Started, body: ReadableStream, more?: object) => Promise<Response>][] = [
  ['client.fetch', ({ client, url }, body, more) => client.fetch(url, { ...init(body), ...more })],
  [
    'ky',
    async ({ client }, body, more) => {
      const answer = await client.post('/api/upload', { body, ...more }).catch((error: unknown) => error)
      return isHTTPError(answer) ? answer.response : (answer as Response)
    },
  ],
  [
    'ky with a beforeRequest hook',
    async ({ client }, body, more) => {
      const hooks = { beforeRequest: [() => {}] }
      const answer = await client.post('/api/upload', { body, hooks, ...more }).catch((error: unknown) => error)
      return isHTTPError(answer) ? answer.response : (answer as Response)
    },
  ],
  [
    'ky with progress',
    async ({ client }, body, more) => {
      const options = { body, onUploadProgress: () => {}, ...more }
      const answer = await client.post('/api/upload', options).catch((error: unknown) => error)
      return isHTTPError(answer) ? answer.response : (answer as Response)
    },
  ],
]

describe.each(forms)('a stream given as the body, through %s', (_, send) => {
  test('is sent once, and its 401 comes back, marked as not replayable (RP-05)', async () => {
    const started = await startExpired()
    const response = await send(started, streamOf('once'))
    expect(response.status).toBe(401)
    expect(isReplayable(response)).toBe(false)
    expect(started.server.sends.map(({ body }) => String(body))).toEqual(['once'])
  })

  test('has its 401 start a refresh, so that the next request succeeds', async () => {
    const started = await startExpired()
    const refreshed = new Promise(resolve => started.client.session.on('refreshed', resolve))
    await send(started, streamOf('once'))
    await refreshed
    const response = await send(started, streamOf('again'))
    expect(response.status).toBe(200)
    expect(started.server.sends.map(({ status }) => status)).toEqual([401, 200])
    expect(started.server.refreshes).toBe(1)
  })

  test('is not cloned, by us or by ky', async () => {
    const started = await startExpired()
    const clone = vi.spyOn(Request.prototype, 'clone')
    await send(started, streamOf('once'))
    expect(clone).not.toHaveBeenCalled()
  })

  test('is made again by `replay`, which is called for the replay only', async () => {
    const started = await startExpired()
    const replay = vi.fn(async () => streamOf('made again'))
    const response = await send(started, streamOf('once'), { replay })
    expect(response.status).toBe(200)
    expect(started.server.sends.map(({ body }) => String(body))).toEqual(['once', 'made again'])
    await send(started, streamOf('good token'), { replay })
    expect(replay).toHaveBeenCalledTimes(1)
  })

  test.each([undefined, null])(
    'is not sent again without a body where `replay` returns %s: the error names the option',
    async nothing => {
      const started = await startExpired()
      const replay = async () => nothing
      await expect(send(started, streamOf('once'), { replay }).then(thrown)).rejects.toMatchObject({
        code: 'configuration',
        option: 'replay',
      })
      expect(started.server.sends.map(({ body }) => String(body))).toEqual(['once'])
    },
  )
})

test.each([{}, { onUploadProgress: () => {} }, { hooks: { beforeRequest: [() => {}] } }])(
  'a stream without an end is read no further than the network asks (ky with %o)',
  async options => {
    const stage = createStage({ retry: { limit: 2, methods: ['post'] } })
    await stage.signIn()
    stage.answer(() => refusal())
    let pulls = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulls += 1
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    const response = await stage.client.post('upload', { body: endless, throwHttpErrors: false, ...options })
    expect([response.status, isReplayable(response)]).toEqual([401, false])
    expect(pulls).toBeLessThan(5)
  },
)

test.each(['of the call', 'of the instance'])(
  'ky’s retries, where they were asked for (%s), are left to a stream that is made again by `replay`',
  async whose => {
    const stage = createStage()
    await stage.signIn()
    const seen: string[] = []
    stage.answer(async (_, request) => {
      seen.push(await request.text())
      return new Response(null, { status: seen.length === 1 ? 503 : 200 })
    })
    const retry: RetryOptions = { limit: 1, methods: ['post'], delay: () => 0 }
    const replay = () => streamOf('made again')
    const asked = whose === 'of the call' ? { retry, replay } : {}
    const client = stage.client.extend(whose === 'of the call' ? {} : { retry, replay })
    expect((await client.post('upload', { body: streamOf('once'), ...asked })).status).toBe(200)
    expect(seen).toEqual(['once', 'once'])
  },
)

test('an async iterable, where the platform takes one, is a stream as well', async () => {
  const { server, client, url } = await startExpired()
  async function* parts() {
    yield new TextEncoder().encode('once')
  }
  const body = parts() as unknown as BodyInit
  const response = await client.fetch(url, { method: 'POST', body, duplex: 'half' })
  expect([response.status, isReplayable(response), server.sends.length]).toEqual([401, false, 1])
})

test('a 401 that comes back can still be read by the caller', async () => {
  const { client, url } = await startExpired()
  const response = await client.fetch(url, init(streamOf('once')))
  expect(await response.json()).toEqual({ message: 'Not with this token' })
})

test('a stream is not sent again by ky either', async () => {
  const { server, client } = await startExpired()
  server.failApi({ kind: 'status', status: 503 }, { times: 9 })
  const error = await client.post('/api/upload', { body: streamOf('once') }).catch((thrown: unknown) => thrown)
  expect(isHTTPError(error) && error.response.status).toBe(503)
  expect(server.sends).toHaveLength(1)
})

test.each([
  ['as they are', (retry: RetryOptions) => retry],
  ['by replaceOption', (retry: RetryOptions) => replaceOption(retry)],
])(
  'a stream is not sent again by ky where retries were asked for %s, without a function that makes it again',
  async (_, given) => {
    const stage = createStage()
    await stage.signIn()
    const sends = vi.fn(() => new Response(null, { status: 503 }))
    stage.answer(sends)
    const retry = given({ limit: 1, methods: ['post'], delay: () => 0 })
    await expect(stage.client.post('upload', { body: streamOf('once'), retry })).rejects.toThrow('503')
    expect(sends).toHaveBeenCalledOnce()
  },
)

describe('with `replay: false` (RP-10)', () => {
  test.each([
    [
      'client.fetch',
      (started: Started) => started.client.fetch(started.url, { method: 'POST', body: 'x', replay: false }),
    ],
    [
      'client.fetch of a Request',
      (started: Started) =>
        started.client.fetch(new Request(started.url, { method: 'POST', body: 'x' }), { replay: false }),
    ],
    [
      'ky',
      (started: Started) => started.client.post('/api/upload', { body: 'x', replay: false, throwHttpErrors: false }),
    ],
    [
      'an instance',
      (started: Started) =>
        started.client.extend({ replay: false }).post('/api/upload', { body: 'x', throwHttpErrors: false }),
    ],
    [
      'the fetch of an instance',
      (started: Started) => started.client.extend({ replay: false }).fetch(started.url, { method: 'POST', body: 'x' }),
    ],
  ])('a request by %s is never sent twice', async (_, send) => {
    const started = await startExpired()
    const response = await send(started)
    expect([response.status, isReplayable(response)]).toEqual([401, false])
    expect(started.server.sends).toHaveLength(1)
  })
})

describe('before a stream is sent', () => {
  const startAged = async (ageMs: number) => {
    const stage = createStage({ lifetimeSeconds: 100 })
    await stage.signIn()
    await stage.clock.advance(ageMs)
    const upload = (body: ReadableStream = streamOf('once')) => stage.client.fetch(`${stageOrigin}/upload`, init(body))
    return { stage, upload }
  }

  test('a token that is about to expire is renewed', async () => {
    const { stage, upload } = await startAged(90_000)
    const gate = createDeferred()
    stage.refresh(async () => {
      await gate.promise
      return stage.issue()
    })
    const answer = upload()
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    expect([stage.sends.length, stage.refreshes.length]).toEqual([0, 1])
    gate.resolve()
    expect((await answer).status).toBe(200)
    expect(stage.sends.map(({ token }) => token)).toEqual(['access-2'])
  })

  test('a refresh that is under way is waited for', async () => {
    const { stage, upload } = await startAged(90_000)
    const gate = createDeferred()
    stage.refresh(async () => {
      await gate.promise
      return stage.issue()
    })
    await stage.client.fetch(`${stageOrigin}/ordinary`)
    const answer = upload()
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    gate.resolve()
    await answer
    expect(stage.sends.map(({ path, token }) => [path, token])).toEqual([
      ['/ordinary', 'access-1'],
      ['/upload', 'access-2'],
    ])
    expect(stage.refreshes).toHaveLength(1)
  })

  test('a token that is about to expire is used if it cannot be renewed', async () => {
    const { stage, upload } = await startAged(90_000)
    stage.refresh(async () => {
      throw new Error('not now')
    })
    expect((await upload()).status).toBe(200)
    expect(stage.sends.map(({ token }) => token)).toEqual(['access-1'])
  })

  test('an expired token that cannot be renewed leaves the stream as it was', async () => {
    const { stage, upload } = await startAged(200_000)
    stage.refresh(async () => {
      throw new Error('not now')
    })
    const body = streamOf('once')
    await expect(upload(body)).rejects.toMatchObject({ code: 'refresh-unavailable' })
    // Now the backoff says so at once.
    await expect(upload(body)).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect(body.locked).toBe(false)
    expect(await new Response(body).text()).toBe('once')
    expect([stage.sends.length, stage.refreshes.length]).toEqual([0, 1])
  })

  test('a good token is used at once', async () => {
    const { stage, upload } = await startAged(10_000)
    await upload()
    expect(stage.sends.map(({ token }) => token)).toEqual(['access-1'])
    expect(stage.refreshes).toHaveLength(0)
  })
})
