// tRPC: links over `api.fetch`; no `headers` function for the token.
import { type HTTPBatchLinkOptions, httpBatchLink, type TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import type { Client } from 'latchkey'

/** @example const trpc = createTRPCClient<AppRouter>({ links: [latchkeyLink(api, { url: 'https://api.example.com/trpc' })] }) */
export const latchkeyLink = <Router extends AnyTRPCRouter>(
  api: Pick<Client, 'fetch'>,
  /** If your router has a transformer: `{ transformer }`. */
  options: HTTPBatchLinkOptions<Router['_def']['_config']['$types']>,
): TRPCLink<Router> => {
  const fetch = (input: RequestInfo | URL | string, init?: object) => api.fetch(input, init as RequestInit)
  return httpBatchLink({ ...options, fetch } as typeof options)
}
