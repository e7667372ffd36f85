import { createClient, indexedDbStore, type RootClient } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'
import { configuration } from '../configuration.ts'

/** Each app makes a client of its own. Name and store are those of the main page, and so is the session. */
export const createApi = (): RootClient =>
  createClient({
    baseUrl: configuration.api,
    refresh: oauthRefresh({
      tokenEndpoint: `${configuration.issuer}/token`,
      revocationEndpoint: `${configuration.issuer}/token/revocation`,
      clientId: configuration.clientId,
    }),
    store: indexedDbStore(),
  })

/** What the API makes of a request. */
export const ask = (api: RootClient): Promise<string> =>
  api.get('notes', { cache: 'no-store' }).then(
    ({ status }) => `The API answered ${status}.`,
    (error: Error) => error.message,
  )
