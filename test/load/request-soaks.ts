import { createClient, type RefreshFunction, type RootClient } from 'latchkey'
import { createAuthenticatedFetch, type FetchClient } from 'latchkey/fetch'
import { tokensOf } from './answer.ts'
import { assertThat, type Soak, type StartSoak } from './soak.ts'

export const refresh: RefreshFunction = ({ refreshToken, post }) => post('/token', { refreshToken })

type Send = (url: string, signal: AbortSignal) => Promise<Response>
interface Form {
  readonly client: RootClient | FetchClient
  readonly send: Send
}

/** The forms of a client, and the options of ky that give a request a signal or a timer of its own. */
const forms: Readonly<Record<string, (origin: string) => Form>> = {
  'the ky form': origin => kyForm(origin, {}),
  'the ky form with totalTimeout': origin => kyForm(origin, { totalTimeout: 60_000 }),
  'the ky form without timeouts': origin => kyForm(origin, { timeout: false }),
  "the ky form's fetch": origin => {
    const client = createClient({ baseUrl: origin, refresh })
    return { client, send: (url, signal) => client.fetch(url, { signal }) }
  },
  "the ky form's extend()": origin => {
    const client = createClient({ baseUrl: origin, refresh })
    return { client, send: async (url, signal) => client.extend({ signal, headers: { 'x-a': '1' } }).get(url) }
  },
  'latchkey/fetch': origin => {
    const client = createAuthenticatedFetch({ baseUrl: origin, refresh })
    return { client, send: (url, signal) => client.fetch(url, { signal }) }
  },
  'latchkey/fetch with a Request': origin => {
    const client = createAuthenticatedFetch({ baseUrl: origin, refresh })
    return { client, send: (url, signal) => client.fetch(new Request(url, { method: 'POST', body: 'x', signal })) }
  },
}

function kyForm(origin: string, options: { readonly timeout?: false; readonly totalTimeout?: number }): Form {
  const client = createClient({ baseUrl: origin, refresh, ...options })
  return { client, send: async (url, signal) => client.get(url, { signal }) }
}

const batch = 50

async function startRequests(
  { client, send }: Form,
  origin: string,
  /** The number of the oldest token that the API accepts in this batch. */
  sinceOf: (batch: number) => number,
): Promise<Soak> {
  const { signal } = new AbortController()
  await client.session.signIn({ ...tokensOf(0), subject: 'alice' })
  let batches = 0
  const runBatch = async (count: number) => {
    batches += 1
    const url = `${origin}/api/since/${sinceOf(batches)}`
    const responses = await Promise.all(Array.from({ length: count }, () => send(url, signal)))
    for (const response of responses) {
      assertThat(response.status === 200, `200, and not ${response.status}`)
      await response.arrayBuffer()
    }
  }
  return {
    signal,
    run: async count => {
      for (let left = count; left > 0; left -= batch) await runBatch(Math.min(batch, left))
    },
    end: client.dispose,
  }
}

const inEachForm = (what: string, sinceOf: (batch: number) => number): [string, StartSoak][] =>
  Object.entries(forms).map(([form, create]) => [
    `${what}, ${form}`,
    ({ origin }) => startRequests(create(origin), origin, sinceOf),
  ])

/** All on one signal that lives as long as the app. */
export const requestSoaks: Readonly<Record<string, StartSoak>> = Object.fromEntries([
  ...inEachForm('requests with a valid token', () => 0),
  // Each batch finds its token rejected, and waits for one refresh.
  ...inEachForm('requests that wait once behind a refresh', batch => batch),
])
