// ofetch: `createFetch` over `api.fetch`.
import { type Client, isLatchkeyError } from 'latchkey'
import { type $Fetch, createFetch } from 'ofetch'

export const createOfetch = (api: Pick<Client, 'fetch'>, baseURL: string): $Fetch =>
  createFetch({
    fetch: api.fetch,
    // ofetch retries failed GETs once by default, errors of an ended session too.
    defaults: { baseURL, retry: 0 },
  })

/** ofetch turns the error into text for its message; latchkey's own is the `cause`. */
export const isSessionEnded = (error: unknown): boolean => {
  const { cause } = Object(error) as { readonly cause?: unknown }
  return isLatchkeyError(cause) && cause.code === 'session-ended'
}
