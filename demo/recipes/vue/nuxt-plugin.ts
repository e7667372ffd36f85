// Nuxt: `plugins/api.ts`. A client for each visitor; what the server knows of the session goes to the page with Nuxt's payload.

import { cookieSession, createClient, type InitialSession } from 'latchkey'
import { defineNuxtPlugin, useRequestFetch, useState } from '#imports'

interface User {
  readonly sub: string
  readonly name: string
}

const toInitial = ({ sub, name }: User): InitialSession => ({ subject: sub, claims: { sub, name } })

export default defineNuxtPlugin(() => {
  const initial = useState<InitialSession | null | undefined>('session')
  // On the server, with the visitor's own cookie. In the page it has come with the payload.
  const known =
    typeof window === 'undefined'
      ? useRequestFetch()<User>('/bff/user').then(toInitial, () => null)
      : Promise.resolve(initial.value)
  return known.then(session => {
    initial.value = session
    const api = createClient({
      baseUrl: '/api/',
      initial: session,
      refresh: cookieSession({ url: '/bff/user', method: 'GET', signOutUrl: '/bff/logout' }),
    })
    return { provide: { api } } // const { status, claims } = useSession(useNuxtApp().$api)
  })
})
