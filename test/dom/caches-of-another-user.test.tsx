import { gql } from '@apollo/client'
import { ApolloProvider, useQuery as useApolloQuery } from '@apollo/client/react'
import { configureStore } from '@reduxjs/toolkit'
import { createApi } from '@reduxjs/toolkit/query/react'
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { type Client, createClient } from 'latchkey'
import { act, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import useSWR, { SWRConfig, useSWRConfig } from 'swr'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createApolloClient } from '../../demo/recipes/apollo-client.ts'
import { clearWithSession as clearRtkQuery, latchkeyBaseQuery } from '../../demo/recipes/rtk-query.ts'
import { clearWithSession as clearSwr, swrOptions } from '../../demo/recipes/swr.ts'
import { clearWithSession as clearTanstack } from '../../demo/recipes/tanstack-query.ts'

beforeEach(() => vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true))

/** An API that returns the token that it was called with, also for a GraphQL query. */
function start(): Client {
  const fetch = async (request: Request) => {
    const me = request.headers.get('authorization')
    return Response.json(request.url.endsWith('/graphql') ? { data: { me } } : me)
  }
  const api = createClient({ baseUrl: 'https://api.example.com/', fetch: fetch as typeof globalThis.fetch })
  onTestFinished(api.dispose)
  return api
}

function withTanstack(api: Client): ReactNode {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } })
  clearTanstack(api, client)
  const Me = () => useQuery({ queryKey: ['me'], queryFn: () => api.get('me').json<string>() }).data
  return (
    <QueryClientProvider client={client}>
      <Me />
    </QueryClientProvider>
  )
}

function withSwr(api: Client): ReactNode {
  const Me = () => useSWR<string>('me').data
  const Clear = () => {
    clearSwr(api, useSWRConfig().mutate as never)
    return null
  }
  return (
    <SWRConfig value={{ ...swrOptions(api), provider: () => new Map() }}>
      <Clear />
      <Me />
    </SWRConfig>
  )
}

function withRtkQuery(api: Client): ReactNode {
  const slice = createApi({
    baseQuery: latchkeyBaseQuery(api),
    endpoints: ({ query }) => ({ me: query<string, null>({ query: () => ({ path: 'me' }) }) }),
  })
  const store = configureStore({
    reducer: { [slice.reducerPath]: slice.reducer },
    middleware: getDefault => getDefault().concat(slice.middleware),
  })
  clearRtkQuery(api, store, slice)
  const Me = () => slice.useMeQuery(null).data
  return (
    <Provider store={store}>
      <Me />
    </Provider>
  )
}

function withApollo(api: Client): ReactNode {
  const apollo = createApolloClient(api, 'https://api.example.com/graphql')
  const Me = () => useApolloQuery<{ me: string }>(gql`{ me }`).data?.me
  return (
    <ApolloProvider client={apollo}>
      <Me />
    </ApolloProvider>
  )
}

test.each([
  ['TanStack Query', withTanstack],
  ['SWR', withSwr],
  ['RTK Query', withRtkQuery],
  ['Apollo Client', withApollo],
])(
  'with the recipe for %s, what is on the screen is loaded anew when another user replaces the first',
  async (_of, create) => {
    const api = start()
    await api.session.signIn({ accessToken: 'alice', subject: 'alice' })
    const place = document.createElement('div')
    const root = createRoot(place)
    onTestFinished(() => act(async () => root.unmount()))
    await act(async () => root.render(create(api)))
    await vi.waitFor(() => act(async () => expect(place.textContent).toBe('Bearer alice')), 10_000)
    await act(() => api.session.signIn({ accessToken: 'bob', subject: 'bob' }))
    await vi.waitFor(() => act(async () => expect(place.textContent).toBe('Bearer bob')), 10_000)
  },
)
