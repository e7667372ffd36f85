import { oauthRefresh } from 'latchkey/oauth'
import type { ClientOptions } from '../../src/client/options.ts'
import type { AuthSettings } from './auth-settings.ts'
import { createTimedWorld, signIn, type TimedClient } from './timed-client.ts'

/** One server under two names, each of which is an origin: the API, and the files with tokens of their own (RFC 8707). */
export const createAudienceWorld = async (settings: Partial<AuthSettings> = {}) => {
  const audiences = { localhost: 'urn:files' }
  const world = await createTimedWorld({ audiences, keepOldAccessTokens: true, ...settings })
  const { server } = world
  const files = server.origin.replace('127.0.0.1', 'localhost')

  const openTab = (options: ClientOptions = {}): TimedClient & { getFile(path?: string): Promise<Response> } => {
    const tab = world.open({
      trustedOrigins: [files],
      refresh: oauthRefresh({
        tokenEndpoint: `${server.origin}/token`,
        clientId: 'spa',
        resource: { [files]: 'urn:files' },
      }),
      ...options,
    })
    return { ...tab, getFile: (path = '/api/file') => tab.client.fetch(files + path) }
  }

  return {
    ...world,
    files,
    openTab,
    openSignedIn: async (options?: ClientOptions) => {
      const tab = openTab(options)
      await signIn(tab, server)
      return tab
    },
    /** What each refresh asked for; `null`: the session's own token. */
    resources: () => server.refreshLog.map(({ body }) => new URLSearchParams(body).get('resource')),
    /** Tokens by the host that they came to. */
    tokensAt: (host: string) =>
      new Set(
        server.sends.flatMap(({ headers, authorization }) => (headers.host?.startsWith(host) ? [authorization] : [])),
      ),
  }
}
