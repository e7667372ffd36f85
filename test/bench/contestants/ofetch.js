import { ofetch } from 'ofetch'

/** Its README has no recipe; this is the one that its options suggest: a retry of 401s, the refresh before it. */
export const name = 'ofetch with a recipe'

export const create = ({ tokens: initial, exchange, url }) => {
  let tokens = initial
  const client = ofetch.create({
    retry: 1,
    retryStatusCodes: [401],
    onRequest({ options }) {
      options.headers.set('authorization', `Bearer ${tokens.accessToken}`)
    },
    async onResponseError({ response }) {
      if (response.status === 401) tokens = await exchange(tokens)
    },
  })
  return {
    empty: () => client(url),
    get: () => client(url),
    post: json => client(url, { method: 'POST', body: json }),
    request: () => client(new Request(url)),
  }
}
