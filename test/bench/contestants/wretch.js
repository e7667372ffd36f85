import wretch from 'wretch'

/** As wretch's README has it, "automatic token refresh", in the order of its section on catchers: the other one throws. */
export const name = 'wretch with its recipe'

export const create = ({ tokens: initial, exchange, url }) => {
  let tokens = initial
  const client = wretch().resolve(chain =>
    chain.unauthorized(async (_error, request) => {
      tokens = await exchange(tokens)
      return request
        .auth(`Bearer ${tokens.accessToken}`)
        .fetch()
        .unauthorized(error => {
          throw error
        })
        .json()
    }),
  )
  const authenticated = () => client.url(url).auth(`Bearer ${tokens.accessToken}`)
  return {
    empty: () => authenticated().get().res(),
    get: () => authenticated().get().json(),
    post: json => authenticated().post(json).json(),
  }
}
