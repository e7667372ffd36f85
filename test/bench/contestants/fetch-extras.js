import { pipeline, withHeaders, withTokenRefresh } from 'fetch-extras'

export const name = 'fetch-extras withTokenRefresh'

export const create = ({ tokens: initial, exchange, url }) => {
  let tokens = initial
  const authenticated = pipeline(
    fetch,
    withTokenRefresh({
      refreshToken: async () => {
        tokens = await exchange(tokens)
        return tokens.accessToken
      },
    }),
    withHeaders(() => ({ authorization: `Bearer ${tokens.accessToken}` })),
  )
  const read = async response => (await response).json()
  return {
    empty: () => authenticated(url),
    get: () => read(authenticated(url)),
    post: json =>
      read(
        authenticated(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(json),
        }),
      ),
    request: () => read(authenticated(new Request(url))),
  }
}
