import { describe, expect, test } from 'vitest'
import { createPost, PostError } from '../../../src/refresh/post.ts'
import type { OwnPostInit } from '../../../src/refresh/strategy.ts'

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })

/** A post, and what it sent. */
const start = (
  response: () => Response,
  ports: { readonly keepalive?: boolean; readonly signal?: AbortSignal } = {},
) => {
  const sent: { readonly url: string; readonly init: RequestInit; readonly headers: Headers }[] = []
  const post = createPost({
    baseUrl: 'https://api.test/v1/',
    transport: async (input, init = {}) => {
      sent.push({ url: String(input), init, headers: new Headers(init.headers) })
      return response()
    },
    ...ports,
  })
  return { post, sent }
}
const failureOf = (body: string, status: number) =>
  start(() => new Response(body, { status }))
    .post('token')
    .then(
      () => expect.unreachable(),
      (error: unknown) => error as PostError,
    )

describe('what post sends', () => {
  test.each([
    ['token', 'https://api.test/v1/token'],
    ['/token', 'https://api.test/token'],
    ['https://id.test/token', 'https://id.test/token'],
    [new URL('https://id.test/token'), 'https://id.test/token'],
  ])('%s is resolved against the base URL', async (url, target) => {
    const { post, sent } = start(() => json({}))
    await post(url)
    expect(sent.map(one => one.url)).toEqual([target])
  })

  test('a plain object goes as JSON', async () => {
    const { post, sent } = start(() => json({}))
    await post('token', { refreshToken: 'r' })
    expect(sent[0]?.init).toMatchObject({ method: 'POST', body: '{"refreshToken":"r"}' })
    expect(sent[0]?.headers.get('content-type')).toBe('application/json')
  })

  test('URLSearchParams go as a form, and the platform names its type', async () => {
    const { post, sent } = start(() => json({}))
    const form = new URLSearchParams({ a: '1' })
    await post('token', form)
    expect(sent[0]?.init.body).toBe(form)
    expect(sent[0]?.headers.has('content-type')).toBe(false)
  })

  test('without a body there is none, and no type of it', async () => {
    const { post, sent } = start(() => json({}))
    await post('token')
    expect(sent[0]?.init.body).toBeNull()
    expect(sent[0]?.headers.has('content-type')).toBe(false)
  })

  test('RF-15: there is no token, no cache, no redirect, no cookies of other origins', async () => {
    const { post, sent } = start(() => json({}))
    await post('token', {})
    expect(sent[0]?.init).toMatchObject({
      redirect: 'manual',
      cache: 'no-store',
      credentials: 'same-origin',
      keepalive: false,
    })
    expect([...(sent[0]?.headers.keys() ?? [])]).toEqual(['accept', 'content-type'])
    expect(sent[0]?.headers.get('accept')).toBe('application/json')
  })

  test('headers and credentials of the app are used', async () => {
    const { post, sent } = start(() => json({}))
    const headers = { Accept: 'application/vnd.app+json', 'Content-Type': 'application/vnd.app+json', 'X-App': '1' }
    await post('token', {}, { headers, credentials: 'include' })
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toEqual({
      accept: 'application/vnd.app+json',
      'content-type': 'application/vnd.app+json',
      'x-app': '1',
    })
    expect(sent[0]?.init.credentials).toBe('include')
  })

  test('the signal and keepalive of its refresh go along', async () => {
    const { signal } = new AbortController()
    const { post, sent } = start(() => json({}), { signal, keepalive: true })
    await post('token')
    expect(sent[0]?.init).toMatchObject({ signal, keepalive: true })
  })

  test('a strategy of this library can ask by GET', async () => {
    const { post, sent } = start(() => json({}))
    const init: OwnPostInit = { method: 'GET' }
    await post('user', undefined, init)
    expect(sent[0]?.init.method).toBe('GET')
  })

  test('a URL that is none rejects, and nothing is sent', async () => {
    const { post, sent } = start(() => json({}))
    await expect(post('https://')).rejects.toThrow(TypeError)
    expect(sent).toEqual([])
  })
})

describe('what post makes of the response', () => {
  test.each([
    ['an object', '{"a":1}', { a: 1 }],
    ['null', 'null', null],
    ['nothing', '', undefined],
    ['nothing but space', ' \n', undefined],
    ['a token beside an error of null', '{"access_token":"a","error":null}', { access_token: 'a', error: null }],
    ['a token beside an error', '{"access_token":"a","error":"x"}', { access_token: 'a', error: 'x' }],
    ['our token beside an error', '{"accessToken":"a","error":"x"}', { accessToken: 'a', error: 'x' }],
    ['an error that is no text', '{"error":{"code":1}}', { error: { code: 1 } }],
    ['an empty error', '{"error":""}', { error: '' }],
  ])('%s of a good answer is the answer', async (_name, body, answer) => {
    expect(await start(() => new Response(body)).post('token')).toEqual(answer)
  })

  test('RF-05: an OAuth error code counts at any status, if there is no token beside it', async () => {
    for (const status of [200, 400, 401]) {
      expect(await failureOf('{"error":"bad_refresh_token"}', status)).toMatchObject({
        status,
        error: 'bad_refresh_token',
      })
    }
  })

  test.each([
    ['JSON without a code', '{"message":"no"}', ''],
    ['nothing', '', ''],
    ['a page', '<p>', null],
    ['JSON cut short', '{"error":"inv', null],
  ])('%s of a bad answer: the error says so', async (_name, body, error) => {
    expect(await failureOf(body, 503)).toMatchObject({ status: 503, error })
  })

  test.each(['Sitzung "abgelaufen"', 'x'.repeat(41)])(
    'a text in place of a code is an unknown code: %s',
    async text => {
      const failure = await failureOf(JSON.stringify({ error: text }), 200)
      expect(failure).toMatchObject({ status: 200, error: 'unknown_error' })
      expect(failure.message).not.toContain(text)
    },
  )

  test('RF-04: a good status whose body is no JSON rejects', async () => {
    expect(await failureOf('<p>', 200)).toMatchObject({ status: 200, error: null })
  })

  test('its errors say where and how, and carry no piece of the response', async () => {
    const failure = await failureOf('{"error":"invalid_grant","error_description":"secret"}', 400)
    expect(failure).toBeInstanceOf(PostError)
    expect(failure.message).toBe('POST https://api.test/v1/token answered 400 invalid_grant')
    expect(JSON.stringify(failure)).toBe('{"status":400,"error":"invalid_grant"}')
    expect((await failureOf('{}', 503)).message).toBe('POST https://api.test/v1/token answered 503')
    expect((await failureOf('<p>secret', 502)).message).toBe('POST https://api.test/v1/token answered 502 without JSON')
  })

  test('errors of the network are passed on as they are', async () => {
    const lost = new TypeError('Failed to fetch')
    const { post } = start(() => {
      throw lost
    })
    await expect(post('token')).rejects.toBe(lost)
  })
})

describe('a response that is too large', () => {
  const spaces = new Uint8Array(64 * 1024).fill(0x20)
  const streaming = (pieces: number) => {
    const seen = { pulls: 0, isCancelled: false }
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        seen.pulls += 1
        if (seen.pulls <= pieces) controller.enqueue(spaces)
        else {
          controller.enqueue(new TextEncoder().encode('{"access_token":"a"}'))
          controller.close()
        }
      },
      cancel: () => {
        seen.isCancelled = true
      },
    })
    return { seen, body }
  }

  test('is not read to its end, and counts as one that cannot be read (decision 48)', async () => {
    const { seen, body } = streaming(Number.POSITIVE_INFINITY)
    const failure = await start(() => new Response(body))
      .post('token')
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ status: 200, error: null })
    expect(seen.isCancelled).toBe(true)
    expect(seen.pulls).toBeLessThan(20)
  })

  test('is one of more than a mebibyte: below that it is used', async () => {
    const { body } = streaming(15)
    expect(await start(() => new Response(body)).post('token')).toEqual({ access_token: 'a' })
  })

  test('cannot be told where the fetch of an app has no streams: it is read as it was', async () => {
    const plain = { ok: true, status: 200, type: 'basic', headers: new Headers(), text: async () => '{"a":1}' }
    expect(await start(() => plain as unknown as Response).post('token')).toEqual({ a: 1 })
  })
})
