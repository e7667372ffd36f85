import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createTrustedOrigins } from '../../../src/http/trusted-origins.ts'
import { createPost, type PostPorts, readHeaders, type SendHeadersContext } from '../../../src/refresh/post.ts'

/** A post of `https://api.test/v1/`, and what it sent. */
const start = (ports: Partial<PostPorts> = {}) => {
  const sent: { readonly url: string; readonly init: RequestInit; readonly headers: Headers }[] = []
  const post = createPost({
    baseUrl: 'https://api.test/v1/',
    transport: async (input, init = {}) => {
      sent.push({ url: String(input), init, headers: new Headers(init.headers) })
      return Response.json({})
    },
    ...ports,
  })
  return { post, sent }
}

describe('the URL of post', () => {
  test.each([
    ['token', 'https://api.test/v1/token'],
    ['/token', 'https://api.test/v1/token'],
    ['//token', 'https://api.test/v1/token'],
    ['oauth/token:one', 'https://api.test/v1/oauth/token:one'],
    ['https://id.test/token', 'https://id.test/token'],
    ['HTTPS://id.test/token', 'https://id.test/token'],
    ['web+app.2-x:token', 'web+app.2-x:token'],
    ['/https://id.test/token', 'https://api.test/v1/https://id.test/token'],
    [new URL('https://id.test/token'), 'https://id.test/token'],
  ])('%s is joined to the base URL where that is a prefix, unless it is absolute', async (url, target) => {
    const { post, sent } = start({ isPrefix: true })
    await post(url)
    expect(sent.map(one => one.url)).toEqual([target])
  })

  test.each([false, undefined])('is resolved as any URL where the base is no prefix: %s', async isPrefix => {
    const { post, sent } = start({ isPrefix })
    await post('/token')
    expect(sent.map(one => one.url)).toEqual(['https://api.test/token'])
  })

  test.each([undefined, null, '', 'http://'])('is a mistake if it is %s, and nothing is sent', async url => {
    for (const isPrefix of [false, true]) {
      const { post, sent } = start({ isPrefix, baseUrl: isPrefix ? 'https://' : 'https://api.test/' })
      await expect(post(url as never)).rejects.toThrow(TypeError('post: its URL is undefined, or no URL'))
      expect(sent).toEqual([])
    }
  })
})

describe('the body of post', () => {
  test.each(['a=1', 7, true, () => {}])('is a mistake if it is %o, and nothing is sent', async body => {
    const { post, sent } = start()
    await expect(post('token', body as never)).rejects.toThrow(
      TypeError('post: its body is not an object or URLSearchParams'),
    )
    expect(sent).toEqual([])
  })

  test('is a mistake if it is a FormData, which would be sent as {}', async () => {
    const { post, sent } = start()
    await expect(post('token', new FormData() as never)).rejects.toThrow(TypeError)
    expect(sent).toEqual([])
  })

  test('is a list as well as an object', async () => {
    const { post, sent } = start()
    await post('token', [1])
    expect(sent[0]?.init.body).toBe('[1]')
  })
})

describe('headers that the app adds to each request', () => {
  const trusted = () => createTrustedOrigins(['https://api.test'])

  test('are asked for with the method and the URL, without its query, and as a request of the session itself', async () => {
    const asked: SendHeadersContext[] = []
    const sendHeaders = (context: SendHeadersContext) => {
      asked.push(context)
      return { 'X-App': '1' }
    }
    const { post, sent } = start({ sendHeaders, trusted })
    await post('token?code=secret')
    expect(asked).toEqual([{ id: null, method: 'POST', url: 'https://api.test/v1/token' }])
    expect(sent[0]?.headers.get('x-app')).toBe('1')
  })

  test('give way to those of the call', async () => {
    const sendHeaders = () => ({ 'X-App': 'of all', 'X-Other': 'of all', Accept: 'text/plain' })
    const { post, sent } = start({ sendHeaders, trusted })
    await post('token', {}, { headers: { 'X-App': 'of this' } })
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toEqual({
      accept: 'text/plain',
      'content-type': 'application/json',
      'x-app': 'of this',
      'x-other': 'of all',
    })
  })

  test.each([
    ['to an origin that is not trusted', 'https://id.test/token', trusted],
    ['where no origin is known to be trusted', 'token', undefined],
  ])('are not sent %s', async (_where, url, origins) => {
    const { post, sent } = start({ sendHeaders: () => ({ 'X-App': '1' }), trusted: origins })
    await post(url)
    expect([...(sent[0]?.headers.keys() ?? [])]).toEqual(['accept'])
  })

  test('may be none', async () => {
    const { post, sent } = start({ sendHeaders: () => undefined as never, trusted })
    await post('token')
    expect([...(sent[0]?.headers.keys() ?? [])]).toEqual(['accept'])
  })

  test('are a mistake if they come in a promise, which would count as none', async () => {
    expect(() => readHeaders(Promise.resolve({}) as never, 'sendHeaders')).toThrow(
      expect.objectContaining({ code: 'configuration', option: 'sendHeaders' }),
    )
    const { post, sent } = start({ sendHeaders: (async () => ({})) as never, trusted })
    await expect(post('token')).rejects.toMatchObject({ code: 'configuration', option: 'sendHeaders' })
    expect(sent).toEqual([])
  })

  test.each([
    ['a value', { 'X-App': 'secret\nsecret' }],
    ['a name', { 'secret name': '1' }],
  ])('are a mistake if no header can have %s of them, which the error does not show', async (_, headers) => {
    const { post, sent } = start({ sendHeaders: () => headers as never, trusted })
    const error: unknown = await post('token').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'configuration', option: 'sendHeaders' })
    expect(inspect(error, { showHidden: true })).not.toContain('secret')
    expect(sent).toEqual([])
  })
})

describe('what else goes along with post', () => {
  test('no signal, unless there is one', async () => {
    const { post, sent } = start()
    await post('token')
    expect(sent[0]?.init.signal).toBeNull()
  })

  test.each([
    ['a redirect that is shown', 302, 'basic', 'answered with a redirect'],
    ['a redirect that the browser hides', 0, 'opaqueredirect', 'answered with a redirect'],
    ['the last of the redirects', 399, 'basic', 'answered with a redirect'],
    ['the first of the redirects', 300, 'basic', 'answered with a redirect'],
    ['no redirect any more', 400, 'basic', 'answered 400'],
    ['no redirect yet', 299, 'basic', 'answered 299 without JSON'],
  ])('%s is told from other failures', async (_what, status, type, message) => {
    const body = status === 299 ? '<p>' : status === 400 ? '' : '{"error":"invalid_grant"}'
    const response = { ok: status === 299, status, type, headers: new Headers(), text: async () => body }
    const { post } = start({ transport: async () => response as never })
    const failure = await post('token').catch((error: unknown) => error)
    expect(failure).toMatchObject({
      error: status === 400 ? '' : null,
      message: `POST https://api.test/v1/token ${message}`,
      redirected: message.endsWith('redirect'),
    })
  })
})
