import { createClient, indexedDbStore, webStorageStore } from 'latchkey'
import { answerAtOnce, origin } from './network.ts'

export interface Start {
  readonly createMs: number
  readonly firstRequestMs: number
}

const stores = { memory: () => undefined, IndexedDB: indexedDbStore, 'web storage': webStorageStore } as const
export type StoreName = keyof typeof stores

const createOne = (store: StoreName) =>
  createClient({
    baseUrl: origin,
    sessionName: 'start',
    store: stores[store](),
    refresh: ({ refreshToken, post }) => post('token', { refreshToken }),
  })

/** Leaves a session behind, for a page that starts later. */
export const leaveSession = async (store: StoreName): Promise<void> => {
  const client = createOne(store)
  await client.session.signIn({ accessToken: 'a', refreshToken: 'r', expiresInSeconds: 3600 })
  client.dispose()
}

/** In a page that has just been loaded: from nothing to the first answer. */
export const measureStart = async (store: StoreName | 'no store, bare fetch'): Promise<Start> => {
  globalThis.fetch = answerAtOnce
  const startedAt = performance.now()
  if (store === 'no store, bare fetch') {
    const answer = await fetch(`${origin}/todos`)
    await answer.json()
    return { createMs: 0, firstRequestMs: performance.now() - startedAt }
  }
  const client = createOne(store)
  const createMs = performance.now() - startedAt
  const answer = await client.fetch(`${origin}/todos`)
  await answer.json()
  return { createMs, firstRequestMs: performance.now() - startedAt }
}
