import { createClient } from 'latchkey'
import { ways } from './hostile-calls.ts'
import { goodHost } from './hostile-urls.ts'

/** The only origins that may get the token. */
const trustedOrigins: readonly string[] = [`https://${goodHost}`, `https://${goodHost}:8443`, 'http://localhost:3000']

/** One send, as the platform understands what it was given. */
export interface SeenSend {
  readonly url: string
  readonly isTrusted: boolean
  readonly authorization: string | null
}

/** Where the platform's own classes are not those of the page, they are passed. */
export interface Platform {
  readonly Request: typeof globalThis.Request
  /** Whether the platform's own parser says that a URL is of a trusted origin. */
  readonly hasTrustedOrigin: (url: string) => boolean
}

export const platformOf = (): Platform => {
  const { URL: OwnURL, Request: OwnRequest } = globalThis
  return {
    Request: OwnRequest,
    hasTrustedOrigin: url => {
      const { protocol, host } = new OwnURL(url)
      return trustedOrigins.includes(`${protocol}//${host}`)
    },
  }
}

/** Signs in, makes the call, and returns everything that was sent. The first token is rejected, so that all is sent twice. */
export async function attack(
  text: string,
  way: string,
  {
    network = 'own',
    platform = platformOf(),
  }: { readonly network?: 'own' | 'page'; readonly platform?: Platform } = {},
): Promise<readonly SeenSend[]> {
  const sends: SeenSend[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { url, headers } = new platform.Request(input, init)
    const authorization = headers.get('authorization')
    sends.push({ url, isTrusted: platform.hasTrustedOrigin(url), authorization })
    if (authorization === 'Bearer first') return new Response('', { status: 401 })
    return new Response('', { status: /\/flaky$/.test(url) ? 503 : 200 })
  }
  const { fetch: before } = globalThis
  // Also where the client has a fetch of its own: `create()` makes an instance without it.
  globalThis.fetch = fetch
  let spoil: (() => unknown) | undefined
  const client = createClient({
    baseUrl: `https://${goodHost}/v1/`,
    trustedOrigins: trustedOrigins.slice(1),
    ...(network === 'own' && { fetch }),
    refresh: async () => {
      spoil?.()
      return { accessToken: 'second' }
    },
  })
  try {
    await client.session.signIn({ accessToken: 'first' })
    const { send, spoil: change } = ways[way]?.(text) ?? {}
    spoil = change
    await send?.(client)
  } catch {
    // Not a URL for the platform, or not a base for this library: nothing is sent.
  } finally {
    client.dispose()
    globalThis.fetch = before
  }
  return sends
}

/** The sends that break the rule: the token goes to trusted origins, and nowhere else. */
export const wrongSends = (sends: readonly SeenSend[]): readonly SeenSend[] =>
  sends.filter(({ isTrusted, authorization }) => isTrusted !== /^Bearer (first|second)$/.test(`${authorization}`))
