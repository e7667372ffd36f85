// urql: a client over `api.fetch`; no `authExchange`.
import { cacheExchange, fetchExchange, Client as UrqlClient } from '@urql/core'
import type { Client } from 'latchkey'

/**
 * To abort a query unsubscribe from it; urql replaces a `signal` in `fetchOptions`. The session's errors are the `networkError`.
 * Make a new client when the session ends (`api.session.on('ended', …)`): urql has no way to empty its cache.
 */
export const createUrqlClient = (api: Pick<Client, 'fetch'>, url: string): UrqlClient =>
  new UrqlClient({ url, fetch: api.fetch, preferGetMethod: false, exchanges: [cacheExchange, fetchExchange] })
