/** What people write themselves: a promise that all who were refused share. */
export const name = 'hand-written'

export const create = ({ tokens: initial, exchange, url }) => {
  let tokens = initial
  let refreshing
  const refresh = () => {
    refreshing ??= exchange(tokens)
      .then(next => {
        tokens = next
      })
      .finally(() => {
        refreshing = undefined
      })
    return refreshing
  }
  const send = (input, init) => {
    const headers = new Headers(init?.headers ?? input.headers)
    headers.set('authorization', `Bearer ${tokens.accessToken}`)
    return fetch(input, { ...init, headers })
  }
  const authenticated = async (input, init) => {
    const copy = input instanceof Request ? input.clone() : input
    const response = await send(input, init)
    if (response.status !== 401) return response
    await refresh()
    return send(copy, init)
  }
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
