// wretch: its `fetchPolyfill` method takes `api.fetch`. Errors of the session are thrown as they are.
import type { Client } from 'latchkey'
import wretch, { type Wretch } from 'wretch'

/** @example const todos = await createWretch(api, 'https://api.example.com').get('/todos').json() */
export const createWretch = (api: Pick<Client, 'fetch'>, baseUrl: string): Wretch =>
  wretch(baseUrl).fetchPolyfill(api.fetch)
