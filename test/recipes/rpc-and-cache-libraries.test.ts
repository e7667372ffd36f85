import { create, createFileRegistry, type DescMethodUnary } from '@bufbuild/protobuf'
import {
  EmptySchema,
  FileDescriptorProtoSchema,
  file_google_protobuf_empty,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt'
import { configureStore } from '@reduxjs/toolkit'
import { createApi } from '@reduxjs/toolkit/query'
import { onlineManager, QueryClient } from '@tanstack/react-query'
import { createTRPCClient } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { describe, expect, test } from 'vitest'
import { createTransport } from '../../demo/recipes/connect-web.ts'
import { type ApiError, latchkeyBaseQuery } from '../../demo/recipes/rtk-query.ts'
import { onlyAs, queryRetries } from '../../demo/recipes/tanstack-query.ts'
import { latchkeyLink } from '../../demo/recipes/trpc.ts'
import { describeRecipe } from './recipe-behaviour.ts'
import { type ApiHandler, sendJson, startRecipeWorld } from './recipe-server.ts'

const todos = [{ title: 'Buy milk' }]
const handler: ApiHandler = (_call, response) => sendJson(response, 200, todos)

const trpc = initTRPC.create()
const router = trpc.router({ todos: trpc.procedure.query(() => todos) })
/** tRPC's batch protocol: one result for each name in the path. */
const answerTrpc: ApiHandler = ({ path }, response) => {
  const [names = ''] = path.replace('/trpc/', '').split('?')
  sendJson(
    response,
    200,
    names.split(',').map(() => ({ result: { data: todos } })),
  )
}

describeRecipe({
  library: 'tRPC',
  handler: answerTrpc,
  answer: todos,
  burst: 1,
  start: ({ api, origin }) => {
    const client = createTRPCClient<typeof router>({
      links: [latchkeyLink<typeof router>(api, { url: `${origin}/trpc` })],
    })
    return signal => client.todos.query(undefined, { ...(signal && { signal }) })
  },
})

describeRecipe({
  library: 'RTK Query',
  handler,
  answer: todos,
  start: ({ api }) => {
    const queries = createApi({
      baseQuery: latchkeyBaseQuery(api),
      endpoints: build => ({
        todos: build.query<unknown, number>({ query: turn => ({ path: `todos?turn=${turn}` }) }),
      }),
    })
    const store = configureStore({
      reducer: { [queries.reducerPath]: queries.reducer },
      middleware: defaults => defaults().concat(queries.middleware),
    })
    return (signal, turn = 0) => {
      const running = store.dispatch(queries.endpoints.todos.initiate(turn, { subscribe: false }))
      signal?.addEventListener('abort', () => running.abort())
      return running.unwrap()
    }
  },
  isSessionEnded: error => (error as ApiError).kind === 'session-ended',
})

describeRecipe({
  library: 'TanStack Query',
  handler,
  answer: todos,
  start: ({ api }) => {
    const queries = new QueryClient({
      defaultOptions: {
        queries: { ...queryRetries, retry: (count, error) => count < 0 && queryRetries.retry(count, error) },
      },
    })
    return (signal, turn = 0) => {
      const queryKey = ['todos', turn]
      signal?.addEventListener('abort', () => void queries.cancelQueries({ queryKey }))
      return queries.fetchQuery({ queryKey, queryFn: ({ signal: own }) => api.get('todos', { signal: own }).json() })
    }
  },
})

/** What protoc would generate for `service Todos { rpc First(Empty) returns (StringValue); }`. */
const todosFile = create(FileDescriptorProtoSchema, {
  name: 'todos.proto',
  package: 'demo',
  syntax: 'proto3',
  dependency: ['google/protobuf/empty.proto', 'google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'Todos',
      method: [{ name: 'First', inputType: '.google.protobuf.Empty', outputType: '.google.protobuf.StringValue' }],
    },
  ],
})
const imported = [file_google_protobuf_empty, file_google_protobuf_wrappers]
const registry = createFileRegistry(todosFile, name => imported.find(({ proto }) => proto.name === name)?.proto)
const first = registry.getService('demo.Todos')?.method['first'] as DescMethodUnary

describeRecipe({
  library: 'connect-web',
  handler: (_call, response) => sendJson(response, 200, 'Buy milk'),
  answer: 'Buy milk',
  start: ({ api, origin }) => {
    const transport = createTransport(api, origin)
    return async signal => {
      const { message } = await transport.unary(first, signal, undefined, undefined, create(EmptySchema))
      return (message as unknown as { readonly value: string }).value
    }
  },
})

describe('the recipe for mutations of TanStack Query that wait offline', () => {
  const start = async () => {
    const world = await startRecipeWorld(handler)
    await world.api.session.signIn({ accessToken: 'access-1', subject: 'alice' })
    const write = onlyAs(world.api, (variables: { readonly madeBy: string | null }) =>
      world.api.post('todos', { json: variables }).json(),
    )
    const madeBy = world.api.session.getSnapshot().subject
    const { resume } = pauseMutation(() => write({ madeBy }))
    return { ...world, resume }
  }
  /** A mutation that was started offline, until the network is back. */
  const pauseMutation = (mutationFn: () => Promise<unknown>) => {
    onlineManager.setOnline(false)
    const queries = new QueryClient()
    const mutation = queries.getMutationCache().build(queries, { mutationFn })
    const ended = mutation.execute(undefined).catch((error: unknown) => error)
    return {
      resume: async () => {
        onlineManager.setOnline(true)
        await queries.resumePausedMutations()
        return ended
      },
    }
  }

  test('sends what waited as the same user', async () => {
    const { resume, calls } = await start()
    expect(await resume()).toEqual(todos)
    expect(calls).toHaveLength(1)
  })

  test('does not send what waited after another user has signed in', async () => {
    const { resume, api, calls } = await start()
    await api.session.signIn({ accessToken: 'access-1', subject: 'bob' })
    expect(String(await resume())).toContain('made by another user')
    expect(calls).toEqual([])
  })
})
