import { createAuthenticatedFetch } from 'latchkey/fetch'

export const name = 'latchkey fetch'

export const create = async ({ tokens, url, tokenUrl, knowsExpiry }) => {
  const client = createAuthenticatedFetch({
    baseUrl: new URL('/', url),
    refresh: ({ refreshToken, post }) => post(tokenUrl, { refreshToken }),
  })
  await client.session.signIn(knowsExpiry ? tokens : { ...tokens, expiresInSeconds: null })
  const read = async response => (await response).json()
  return {
    empty: () => client.fetch(url),
    get: () => read(client.fetch(url)),
    post: json =>
      read(
        client.fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(json),
        }),
      ),
    request: () => read(client.fetch(new Request(url))),
  }
}
