// Nuxt: `plugins/api.ts`. A client for each visitor; what the server knows of the session goes to the page with Nuxt's payload.

import { cookieSession, createClient, type InitialSession } from 'latchkey'
import { defineNuxtPlugin, useRequestFetch, useState } from '#imports'

interface User {
  readonly sub: string
  readonly name: string
}

export default defineNuxtPlugin(async () => {
  const initial = useState<InitialSession | null | undefined>('session')
  // On the server, with the visitor's own cookie. In the page it is there already.
  if (initial.value === undefined && typeof window === 'undefined') {
    const user = await useRequestFetch()<User>('/bff/user').catch(() => null)
    initial.value = user && { subject: user.sub, claims: { sub: user.sub, name: user.name } }
  }
  const api = createClient({
    baseUrl: '/api/',
    initial: initial.value,
    refresh: cookieSession({ url: '/bff/user', method: 'GET', signOutUrl: '/bff/logout' }),
  })
  return { provide: { api } } // const { status, claims } = useSession(useNuxtApp().$api)
})
