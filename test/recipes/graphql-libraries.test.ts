import { gql } from '@apollo/client'
import { describe, expect, test } from 'vitest'
import { createApolloClient, isUnauthenticated } from '../../demo/recipes/apollo-client.ts'
import { createGraphQLClient } from '../../demo/recipes/graphql-request.ts'
import { createUrqlClient } from '../../demo/recipes/urql.ts'
import { describeRecipe } from './recipe-behaviour.ts'
import { type ApiHandler, sendJson, startRecipeWorld } from './recipe-server.ts'

const data = { me: { __typename: 'User', id: '1', name: 'alice' } }
const handler: ApiHandler = (_call, response) => sendJson(response, 200, { data })
const text = 'query Me { me { __typename id name } }'

describeRecipe({
  library: 'graphql-request',
  handler,
  answer: data,
  start: ({ api, origin }) => {
    const client = createGraphQLClient(api, `${origin}/graphql`)
    return signal => client.request({ document: text, ...(signal && { signal }) })
  },
})

describeRecipe({
  library: 'Apollo Client',
  handler,
  answer: data,
  start: ({ api, origin }) => {
    const apollo = createApolloClient(api, `${origin}/graphql`)
    // By default Apollo sends equal queries that run at the same time once.
    const context = (signal?: AbortSignal) => ({
      queryDeduplication: false,
      fetchOptions: { ...(signal && { signal }) },
    })
    return async signal =>
      (await apollo.query({ query: gql(text), fetchPolicy: 'no-cache', context: context(signal) })).data
  },
})

describeRecipe({
  library: 'urql',
  handler,
  answer: data,
  start: ({ api, origin }) => {
    const client = createUrqlClient(api, `${origin}/graphql`)
    return (signal, turn = 0) =>
      new Promise((resolve, reject) => {
        // urql sends equal queries that run at the same time once.
        const query = client.query(
          `query Me${turn} { me { __typename id name } }`,
          {},
          { requestPolicy: 'network-only' },
        )
        const { unsubscribe } = query.subscribe(({ data, error }) =>
          error ? reject(error.networkError ?? error) : resolve(data),
        )
        signal?.addEventListener('abort', () => {
          unsubscribe()
          reject(signal.reason)
        })
      })
  },
})

describe('the recipe for GraphQL servers that answer 200 with UNAUTHENTICATED', () => {
  const answer = (status: number, body: unknown) =>
    ({ status, json: async () => body }) as unknown as Parameters<typeof isUnauthenticated>[0]

  test('treats that answer as a 401, and leaves every other to the rules', async () => {
    const refused = { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }
    expect({
      refused: await isUnauthenticated(answer(200, refused)),
      otherError: await isUnauthenticated(answer(200, { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })),
      data: await isUnauthenticated(answer(200, { data })),
      other: await isUnauthenticated(answer(500, refused)),
    }).toEqual({ refused: true, otherError: undefined, data: undefined, other: undefined })
  })
})

test('the recipe for Apollo Client empties its cache when the session ends', async () => {
  const { api, origin } = await startRecipeWorld(handler)
  const apollo = createApolloClient(api, `${origin}/graphql`)
  await apollo.query({ query: gql(text) })
  const held = Object.keys(apollo.cache.extract() as object)
  await api.session.signOut()
  await expect.poll(() => Object.keys(apollo.cache.extract() as object)).toEqual([])
  expect(held).toContain('User:1')
})
