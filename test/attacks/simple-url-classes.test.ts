import { createAuthenticatedFetch } from 'latchkey/fetch'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

/**
 * Reads a URL by patterns, as the `URL` of React Native and of small polyfills does: what stands before an `@`, wherever that is,
 * counts as user information, and a port as no part of the host. `fetch` reads the same text by the URL standard.
 */
class PatternURL {
  readonly href: string
  constructor(text: string | URL) {
    const given = String(text)
    if (!/^[a-z]+:/i.test(given)) throw new TypeError('no URL')
    this.href = /^\w+:\/\/[^/]+$/.test(given) ? `${given}/` : given
  }
  get host() {
    return /^https?:\/\/(?:[^@]+@)?([^:/?#]+)/.exec(this.href)?.[1] ?? ''
  }
  get hostname() {
    return this.host
  }
  get protocol() {
    return /^[a-z]+:/i.exec(this.href)?.[0] ?? ''
  }
  get origin() {
    return /^(https?:\/\/[^/]+)/.exec(this.href)?.[1] ?? ''
  }
  get pathname() {
    return '/'
  }
  toString() {
    return this.href
  }
}

const Platform = { URL: globalThis.URL, Request: globalThis.Request }

beforeEach(() => void vi.stubGlobal('URL', PatternURL))

const sendTo = async (text: string) => {
  const sends: (readonly [origin: string, authorization: string | null])[] = []
  const { fetch, session, dispose } = createAuthenticatedFetch({
    baseUrl: 'https://api.example.com/',
    fetch: async (input, init) => {
      const { url, headers } = new Platform.Request(input, init)
      sends.push([new Platform.URL(url).origin, headers.get('authorization')])
      return new Response()
    },
  })
  onTestFinished(dispose)
  await session.signIn({ accessToken: 'token' })
  await fetch(text)
  return sends
}

describe('where the page’s URL class reads less of a URL than fetch does, the token is not sent', () => {
  test.each([
    ['https://evil.test/@api.example.com/x', 'https://evil.test'],
    ['https://evil.test/x?@api.example.com/x', 'https://evil.test'],
    ['https://evil.test/#@api.example.com/x', 'https://evil.test'],
    ['https://evil.test\\@api.example.com/x', 'https://evil.test'],
    ['https://api.example.com:444/x', 'https://api.example.com:444'],
    ['https://api.example.com.evil.test/x', 'https://api.example.com.evil.test'],
  ])('with %j', async (text, origin) => {
    expect(await sendTo(text)).toEqual([[origin, null]])
  })

  test('except to the trusted origin, in a text that no parser reads differently', async () => {
    expect(await sendTo('https://api.example.com/%C3%BC')).toEqual([['https://api.example.com', 'Bearer token']])
  })
})
