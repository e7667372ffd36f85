import ky from 'ky'

/** Without any authentication but the header: what ky itself costs. It never refreshes. */
export const name = 'ky alone'

export const create = ({ tokens, url, kyOptions }) => {
  const client = ky.create({ ...kyOptions, headers: { authorization: `Bearer ${tokens.accessToken}` } })
  return {
    empty: () => client.get(url),
    get: () => client.get(url).json(),
    post: json => client.post(url, { json }).json(),
    request: () => client(new Request(url)).json(),
  }
}
