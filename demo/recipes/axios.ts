// axios: its fetch adapter over `api.fetch`. Remove your request and response interceptors for tokens.
import axios, { type AxiosInstance } from 'axios'
import { type Client, isLatchkeyError } from 'latchkey'

export const createAxios = (api: Pick<Client, 'fetch'>, baseURL: string): AxiosInstance =>
  axios.create({ baseURL, adapter: 'fetch', env: { fetch: api.fetch } })

/** axios wraps errors of the network layer: latchkey's error is the `cause`. */
export const isSessionEnded = (error: unknown): boolean => {
  const { cause } = Object(error) as { readonly cause?: unknown }
  return isLatchkeyError(cause) && cause.code === 'session-ended'
}
