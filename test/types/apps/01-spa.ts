// (1) Plain SPA, own JSON refresh endpoint { access, refresh, ttl }

import { isHTTPError } from 'ky'
import { createClient, indexedDbStore, isLatchkeyError, redirectTo, safeReturnTo } from 'latchkey'

interface Answer {
  access: string
  refresh: string
  ttl: number
}
interface Todo {
  id: number
  title: string
}
const tokens = ({ access, refresh, ttl }: Answer) => ({
  accessToken: access,
  refreshToken: refresh,
  expiresInSeconds: ttl,
})

export const api = createClient({
  baseUrl: 'https://api.example.com/v1/',
  refresh: async ({ refreshToken, post }) => tokens(await post<Answer>('auth/refresh', { refresh: refreshToken })),
  onLoginRequired: redirectTo('/login'),
  store: indexedDbStore(), // leave out: a reload signs out
})

export async function login(form: HTMLFormElement) {
  try {
    const answer = await api.post<Answer>('auth/login', { body: new FormData(form), auth: false }).json()
    await api.session.signIn(tokens(answer))
    location.replace(safeReturnTo(new URLSearchParams(location.search).get('returnTo')))
  } catch (error) {
    if (isHTTPError(error) && error.response.status === 401) return 'Wrong password'
    throw error
  }
  return undefined
}

export async function show() {
  try {
    return await api.get('todos').json<Todo[]>()
  } catch (error) {
    if (isLatchkeyError(error)) {
      if (error.code === 'refresh-unavailable')
        return `Cannot reach the server; again in ${Math.ceil(error.retryAfterMs / 1000)} s`
      if (error.code === 'session-ended') return [] // on the way to the login page
    }
    throw error
  }
}
export const logout = () => void api.session.signOut()

// The shortest: field names are already ours
export const short = createClient({
  baseUrl: 'https://api.example.com/',
  refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
  onLoginRequired: redirectTo('/login'),
})
void short.session.signIn(await short.post('auth/login', { json: {}, auth: false }).json())

// Server says 200 {"ok":false} when the refresh token is stale; backends with plain fetch
export const picky = createClient({
  baseUrl: 'https://api.example.com/',
  refresh: async ({ refreshToken, signal }) => {
    const answer = await fetch('https://api.example.com/refresh', {
      method: 'POST',
      body: JSON.stringify({ refreshToken }),
      signal,
    })
    if (answer.status === 400) return null // over
    if (!answer.ok) throw answer // judged by its status
    const body = (await answer.json()) as { ok: boolean; token: string }
    return body.ok ? { accessToken: body.token } : null
  },
})
