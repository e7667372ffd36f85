// RTK Query: a base query over `api`. Do not use `fetchBaseQuery` for this: it turns every error into text.
import type { UnknownAction } from '@reduxjs/toolkit'
import type { BaseQueryFn } from '@reduxjs/toolkit/query'
import { isHTTPError } from 'ky'
import { type Client, isLatchkeyError } from 'latchkey'

/** Redux stores what it is given, so an error is turned into a plain object that names its kind. */
export type ApiError =
  | { readonly kind: 'http'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'session-ended' | 'refresh-unavailable' | 'step-up-required' | 'configuration' | 'failed' }

export interface ApiRequest {
  readonly path: string
  readonly method?: 'get' | 'post' | 'put' | 'patch' | 'delete'
  readonly json?: unknown
}

/** @example createApi({ baseQuery: latchkeyBaseQuery(api), endpoints: build => ({ todos: build.query({ query: () => ({ path: 'todos' }) }) }) }) */
export const latchkeyBaseQuery =
  (api: Client): BaseQueryFn<ApiRequest, unknown, ApiError> =>
  async ({ path, method = 'get', json }, { signal }) => {
    try {
      const response = await api(path, { method, signal, ...(json !== undefined && { json }) })
      return { data: response.status === 204 ? null : await response.json() }
    } catch (error) {
      if (isHTTPError(error)) return { error: { kind: 'http', status: error.response.status, body: error.data } }
      return { error: { kind: isLatchkeyError(error) ? error.code : 'failed' } }
    }
  }

/**
 * Empties the cache when the session ends, so that the next user does not see this user's data. Components that stay mounted
 * load it anew at once.
 * @example clearWithSession(api, store, todosApi)
 */
export const clearWithSession = (
  { session }: Pick<Client, 'session'>,
  store: { dispatch(action: UnknownAction): unknown },
  { util }: { readonly util: { resetApiState(): UnknownAction } },
): (() => void) => session.on('ended', () => void store.dispatch(util.resetApiState()))
