/** No library at all: what everything else is measured against. It never refreshes. */
export const name = 'bare fetch'

export const create = ({ tokens, url }) => {
  const headers = () => ({ authorization: `Bearer ${tokens.accessToken}` })
  const read = async response => (await response).json()
  return {
    empty: () => fetch(url, { headers: headers() }),
    get: () => read(fetch(url, { headers: headers() })),
    post: json =>
      read(
        fetch(url, {
          method: 'POST',
          headers: { ...headers(), 'content-type': 'application/json' },
          body: JSON.stringify(json),
        }),
      ),
    request: () => read(fetch(new Request(url, { headers: headers() }))),
  }
}
