// axios: its fetch adapter over `api.fetch`. Remove your request and response interceptors for tokens.
import axios, { type AxiosInstance } from 'axios'
import { type Client, isLatchkeyError } from 'latchkey'

export const createAxios = (api: Pick<Client, 'fetch'>, baseURL: string): AxiosInstance =>
  axios.create({ baseURL, adapter: 'fetch', env: { fetch: api.fetch } })

/** For the login, registration and password reset: `http.post('auth/login', form, withoutToken)`. */
export const withoutToken = { fetchOptions: { auth: false } } as const

/** axios wraps errors of the network layer: latchkey's error is the `cause`. */
export const isSessionEnded = (error: unknown): boolean => {
  const { cause } = Object(error) as { readonly cause?: unknown }
  return isLatchkeyError(cause) && cause.code === 'session-ended'
}
