'use client'

// Server rendering: a client for each visitor, in a context of the app's own. `initial` is what the server knows of the session.
import { cookieSession, createClient, type InitialSession, type RootClient } from 'latchkey'
import { createContext, type ReactNode, useContext, useState } from 'react'

const ApiContext = createContext<RootClient | null>(null)

export interface ApiProviderProps {
  /** From a cookie that the server has verified; `null`: no user is signed in. */
  readonly initial: InitialSession | null
  readonly children: ReactNode
}

/** @example <ApiProvider initial={user && { subject: user.id, claims: { name: user.name } }}> */
export function ApiProvider({ initial, children }: ApiProviderProps) {
  // On a server, state is of one request. A client at module level would be shared by all visitors.
  const [api] = useState(() =>
    createClient({
      baseUrl: '/api/',
      initial,
      refresh: cookieSession({ url: '/bff/user', method: 'GET', signOutUrl: '/bff/logout' }),
    }),
  )
  return <ApiContext.Provider value={api}>{children}</ApiContext.Provider>
}

/** @example const { claims } = useSession(useApi()) */
export function useApi(): RootClient {
  const api = useContext(ApiContext)
  if (!api) throw new Error('useApi() is called outside of <ApiProvider>')
  return api
}
