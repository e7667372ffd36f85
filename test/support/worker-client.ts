import { parentPort, workerData } from 'node:worker_threads'
import { createClient } from '../../src/index.ts'

interface Given {
  readonly origin: string
  readonly tokens: { readonly accessToken: string; readonly refreshToken: string }
}

/** In a worker: signs in, has its token refused, and tells what came of it. */
const work = async ({ origin, tokens }: Given) => {
  const client = createClient({
    baseUrl: origin,
    refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
  })
  await client.session.signIn(tokens)
  const answers = await Promise.all([1, 2, 3].map(number => client.get(`api/${number}`)))
  client.dispose()
  return answers.map(({ status }) => status)
}

parentPort?.postMessage(await work(workerData as Given))
