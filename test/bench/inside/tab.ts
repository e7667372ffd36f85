import { createClient, indexedDbStore, type RootClient, webStorageStore } from 'latchkey'
import type { Tokens } from '../contestants/index.js'

export interface Served {
  /** Wall clock, milliseconds: tabs have no other in common. */
  readonly at: number
  readonly failed: number
}

type Send = (url: string) => Promise<Response>

let send: Send | undefined
let client: RootClient | undefined

const adopt = async (): Promise<Tokens> => {
  const answer = await (await fetch('/sign-in', { method: 'POST' })).json()
  return { accessToken: answer.access_token, refreshToken: answer.refresh_token, expiresInSeconds: 3600 }
}

/** A tab as it stands open: it has the session in memory, and has sent one request. */
export const openTab = async (kind: 'IndexedDB' | 'web storage' | 'valid token', first: boolean): Promise<void> => {
  if (kind === 'valid token') {
    send = url => fetch(url.replace('/todos', '/free'))
  } else {
    const made = createClient({
      sessionName: `tabs ${kind}`,
      store: kind === 'IndexedDB' ? indexedDbStore() : webStorageStore(),
      refresh: ({ refreshToken, post }) => post('/token', { refreshToken }),
    })
    if (first) await made.session.signIn(await adopt())
    client = made
    send = url => made.fetch(url)
  }
  await send('/todos')
}

/** From one moment on, all tabs ask at once. */
export const askAt = async (atMs: number, requests: number): Promise<Served> => {
  await new Promise(resolve => setTimeout(resolve, atMs - Date.now()))
  const settled = await Promise.allSettled(
    Array.from({ length: requests }, async () => {
      const answer = await send?.('/todos')
      if (!answer?.ok) throw new Error(`${answer?.status}`)
      await answer.json()
    }),
  )
  return {
    at: performance.timeOrigin + performance.now(),
    failed: settled.filter(({ status }) => status === 'rejected').length,
  }
}

export const closeTab = (): void => client?.dispose()

/** The server takes none of the tokens issued so far. */
export const refuseAll = async (): Promise<void> => {
  await fetch('/refuse', { method: 'POST' })
}
