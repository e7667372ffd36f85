import axios from 'axios'
import { createAuthRefresh } from 'axios-auth-refresh'

export const name = 'axios + axios-auth-refresh'

export const create = ({ tokens: initial, exchange, url }) => {
  let tokens = initial
  const client = axios.create({ adapter: 'fetch' })
  client.interceptors.request.use(config => {
    config.headers.Authorization = `Bearer ${tokens.accessToken}`
    return config
  })
  createAuthRefresh(client, async () => {
    tokens = await exchange(tokens)
  })
  return {
    empty: () => client.get(url),
    get: async () => (await client.get(url)).data,
    post: async json => (await client.post(url, json)).data,
  }
}
