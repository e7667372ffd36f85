import xior from 'xior'
import errorRetry from 'xior/plugins/error-retry'
import setupTokenRefresh from 'xior/plugins/token-refresh'

/** As xior's README has it, "auth refresh token plugin (built-in)". */
export const name = 'xior + token-refresh'

export const create = ({ tokens: initial, exchange, url }) => {
  let tokens = initial
  const client = xior.create()
  client.interceptors.request.use(config => {
    config.headers.Authorization = `Bearer ${tokens.accessToken}`
    return config
  })
  const shouldRefresh = response => response?.status === 401
  client.plugins.use(
    errorRetry({
      enableRetry: (_config, error) => (error?.response && shouldRefresh(error.response) ? true : undefined),
    }),
  )
  setupTokenRefresh(client, {
    shouldRefresh,
    refreshToken: async () => {
      tokens = await exchange(tokens)
    },
  })
  return {
    empty: () => client.get(url),
    get: async () => (await client.get(url)).data,
    post: async json => (await client.post(url, json)).data,
  }
}
