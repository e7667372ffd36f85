import { createAlova } from 'alova'
import { createServerTokenAuthentication } from 'alova/client'
import adapterFetch from 'alova/fetch'

/** As alova's documentation has it, "token authentication"; its cache and its sharing of requests are off. */
export const name = 'alova token authentication'

export const create = ({ tokens: initial, exchange, url }) => {
  let tokens = initial
  const { onAuthRequired, onResponseRefreshToken } = createServerTokenAuthentication({
    assignToken(method) {
      method.config.headers.Authorization = `Bearer ${tokens.accessToken}`
    },
    refreshTokenOnSuccess: {
      isExpired: response => response.status === 401,
      handler: async () => {
        tokens = await exchange(tokens)
      },
    },
  })
  const client = createAlova({
    requestAdapter: adapterFetch(),
    beforeRequest: onAuthRequired(),
    responded: onResponseRefreshToken(response => (response.status === 204 ? null : response.json())),
    cacheFor: null,
    shareRequest: false,
  })
  return {
    empty: () => client.Get(url).send(true),
    get: () => client.Get(url).send(true),
    post: json => client.Post(url, json, { headers: { 'content-type': 'application/json' } }).send(true),
  }
}
