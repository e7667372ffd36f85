import axios from 'axios'
import { expect, test } from 'vitest'
import { createAxios, isSessionEnded as isAxiosSessionEnded, withoutToken } from '../../demo/recipes/axios.ts'
import { createSdkClient } from '../../demo/recipes/hey-api.ts'
import { createOfetch, isSessionEnded as isOfetchSessionEnded } from '../../demo/recipes/ofetch.ts'
import { createTypedApi } from '../../demo/recipes/openapi-fetch.ts'
import { createWretch } from '../../demo/recipes/wretch.ts'
import { describeRecipe } from './recipe-behaviour.ts'
import { type ApiHandler, sendJson, startRecipeWorld } from './recipe-server.ts'

const todos = [{ title: 'Buy milk' }]
const handler: ApiHandler = (_call, response) => sendJson(response, 200, todos)

interface Paths {
  '/todos': { get: { responses: { 200: { content: { 'application/json': typeof todos } } } } }
}

const throwIfFailed = ({ error, response }: { readonly error?: unknown; readonly response: Response }): void => {
  if (!response.ok) throw new Error(`${response.status}`, { cause: error })
}

describeRecipe({
  library: 'openapi-fetch',
  handler,
  answer: todos,
  start: ({ api, origin }) => {
    const typed = createTypedApi<Paths>(api, origin)
    return async signal => {
      const result = await typed.GET('/todos', { ...(signal && { signal }) })
      throwIfFailed(result)
      return result.data
    }
  },
})

describeRecipe({
  library: 'hey-api',
  handler,
  answer: todos,
  start: ({ api, origin }) => {
    const client = createSdkClient(api, origin)
    return async signal => (await client.get({ url: '/todos', ...(signal && { signal }) })).data
  },
})

describeRecipe({
  library: 'axios',
  handler,
  answer: todos,
  start: ({ api, origin }) => {
    const http = createAxios(api, origin)
    return async signal => (await http.get('/todos', { ...(signal && { signal }) })).data
  },
  isSessionEnded: isAxiosSessionEnded,
})

describeRecipe({
  library: 'ofetch',
  handler,
  answer: todos,
  start: ({ api, origin }) => {
    const call = createOfetch(api, origin)
    return signal => call('/todos', { ...(signal && { signal }) })
  },
  isSessionEnded: isOfetchSessionEnded,
})

describeRecipe({
  library: 'wretch',
  handler,
  answer: todos,
  start: ({ api, origin }) => {
    const client = createWretch(api, origin)
    return signal =>
      client
        .options({ ...(signal && { signal }) })
        .get('/todos')
        .json()
  },
})

test('the recipe for axios tells the end of a session from other failures', () => {
  expect({
    plain: isAxiosSessionEnded(new axios.AxiosError('Network Error')),
    nothing: isAxiosSessionEnded(undefined),
  }).toEqual({ plain: false, nothing: false })
})

test('a login by the recipe for axios is sent without a token, and its 401 refreshes nothing', async () => {
  const { api, origin, calls, refreshes, loginsRequired } = await startRecipeWorld(handler)
  const login = createAxios(api, origin).post('/auth/login', { name: 'alice' }, withoutToken)
  await expect(login).rejects.toMatchObject({ response: { status: 401 } })
  expect(calls.map(({ headers }) => headers.authorization)).toEqual([undefined])
  expect({ refreshes: refreshes(), logins: loginsRequired() }).toEqual({ refreshes: 0, logins: 0 })
})
