// hey-api: configure the generated client with `api.fetch`; leave its `auth` option empty.
import { createClient as createHeyApiClient, type Client as HeyApiClient } from '@hey-api/client-fetch'
import type { Client } from 'latchkey'

/** Generated code has a `client` of its own: call `client.setConfig({ baseUrl, fetch: api.fetch, throwOnError: true })`. */
export const createSdkClient = (api: Pick<Client, 'fetch'>, baseUrl: string): HeyApiClient =>
  createHeyApiClient({
    baseUrl,
    fetch: api.fetch,
    // Otherwise failures are in `error`, where they are easily overlooked.
    throwOnError: true,
  })
