import ky from 'ky'

/** As ky's README has it under `hooks.afterResponse`, "retry with a fresh token on a 401 error". */
export const name = 'ky with its recipe'

export const create = ({ tokens: initial, exchange, url, kyOptions }) => {
  let tokens = initial
  const client = ky.create({
    ...kyOptions,
    hooks: {
      beforeRequest: [
        ({ request }) => {
          request.headers.set('Authorization', `Bearer ${tokens.accessToken}`)
        },
      ],
      afterResponse: [
        async ({ request, response, retryCount }) => {
          if (response.status !== 401 || retryCount > 0) return undefined
          tokens = await exchange(tokens)
          const headers = new Headers(request.headers)
          headers.set('Authorization', `Bearer ${tokens.accessToken}`)
          return ky.retry({ request: new Request(request, { headers }), code: 'TOKEN_REFRESHED' })
        },
      ],
    },
  })
  return {
    empty: () => client.get(url),
    get: () => client.get(url).json(),
    post: json => client.post(url, { json }).json(),
    request: () => client(new Request(url)).json(),
  }
}
