import { createClient } from 'latchkey'

export const name = 'latchkey ky'

export const create = async ({ tokens, url, tokenUrl, knowsExpiry, kyOptions }) => {
  const client = createClient({
    ...kyOptions,
    baseUrl: new URL('/', url),
    refresh: ({ refreshToken, post }) => post(tokenUrl, { refreshToken }),
  })
  await client.session.signIn(knowsExpiry ? tokens : { ...tokens, expiresInSeconds: null })
  return {
    empty: () => client.get(url),
    get: () => client.get(url).json(),
    post: json => client.post(url, { json }).json(),
    request: () => client(new Request(url)).json(),
  }
}
