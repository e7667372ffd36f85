// Apollo Client: an `HttpLink` over `api.fetch`; no `SetContextLink`, no `ErrorLink` for tokens.
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client'
import type { Client, ResponseView } from 'latchkey'

export const createApolloClient = (api: Pick<Client, 'fetch' | 'session'>, uri: string): ApolloClient => {
  const apollo = new ApolloClient({ link: new HttpLink({ uri, fetch: api.fetch }), cache: new InMemoryCache() })
  // The next user must not see this user's data. In a task of its own: `clearStore` rejects every query that is still waiting
  // with an error of Apollo's, which would hide that the session has ended. Where another user signed in in another tab
  // (`replaced`), components stay mounted: `resetStore` also loads what they show.
  api.session.on('ended', ({ reason }) => {
    setTimeout(() => (reason === 'replaced' ? apollo.resetStore() : apollo.clearStore()).catch(() => {}))
  })
  return apollo
}

/**
 * For servers that answer 200 with an error in place of a 401.
 * @example createClient({ shouldRefresh: isUnauthenticated, … })
 */
export const isUnauthenticated = async (answer: ResponseView): Promise<boolean | undefined> => {
  if (answer.status !== 200) return undefined
  const { errors } = (await answer.json().catch(() => ({}))) as {
    readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[]
  }
  return errors?.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED') || undefined
}
