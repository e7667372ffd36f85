// graphql-request: give it `api.fetch`.
import { GraphQLClient } from 'graphql-request'
import type { Client } from 'latchkey'

/**
 * A server that answers 200 with an error `UNAUTHENTICATED` in place of a 401: also pass `shouldRefresh` to `createClient`
 * (see `isUnauthenticated` in the recipe for Apollo Client).
 */
export const createGraphQLClient = (api: Pick<Client, 'fetch'>, endpoint: string): GraphQLClient =>
  new GraphQLClient(endpoint, { fetch: api.fetch })
