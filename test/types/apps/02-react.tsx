// (2) React 19, TanStack Query, React Router, a login page route

import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { type Client, createClient, isLatchkeyError, safeReturnTo } from 'latchkey'
import { useSession } from 'latchkey/react'
import { type ReactNode, useEffect, useState } from 'react'
import { createBrowserRouter, type RouteObject, redirect, useNavigate, useSearchParams } from 'react-router'

interface Claims {
  sub: string
  name: string
  roles: string[]
}
const routes: RouteObject[] = []
const router = createBrowserRouter(routes)

export const api = createClient<Claims>({
  baseUrl: '/api/',
  retry: 0, // TanStack retries
  refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
  onLoginRequired: ({ returnTo, reason }) => router.navigate(`/login?${new URLSearchParams({ returnTo, reason })}`),
})

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => count < 3 && !(isLatchkeyError(error) && error.code !== 'refresh-unavailable'),
      retryDelay: (count, error) =>
        isLatchkeyError(error) && error.code === 'refresh-unavailable' ? error.retryAfterMs : 1000 * 2 ** count,
    },
  },
})
api.session.on('ended', () => queryClient.clear())

// guard as a loader
export async function guard({ request }: { request: Request }) {
  const { status } = await api.session.ready()
  if (status === 'signed-out')
    throw redirect(`/login?${new URLSearchParams({ returnTo: new URL(request.url).pathname })}`)
  return null
}

export function App({ children }: { children: ReactNode }) {
  const { status, claims, epoch } = useSession(api)
  if (status === 'unknown') return <p>…</p>
  return (
    <QueryClientProvider client={queryClient}>
      <header key={epoch}>
        {claims?.name} {claims?.roles.includes('admin') && 'admin'}
        {status === 'signed-in' && (
          <button type="button" onClick={api.session.signOut}>
            Sign out
          </button>
        )}
      </header>
      {children}
    </QueryClientProvider>
  )
}
export function Todos() {
  const { data } = useQuery({
    queryKey: ['todos'],
    queryFn: ({ signal }) => api.get('todos', { signal }).json<string[]>(),
  })
  return (
    <ul>
      {data?.map(t => (
        <li key={t}>{t}</li>
      ))}
    </ul>
  )
}
export function LoginPage() {
  const [search] = useSearchParams()
  const navigate = useNavigate()
  const endReason = useSession(api, s => s.endReason)
  async function submit(form: FormData) {
    await api.session.signIn(await api.post('auth/login', { body: form, auth: false }).json())
    await navigate(safeReturnTo(search.get('returnTo')))
  }
  return <form action={submit}>{endReason === 'expired' && 'Your session has expired'}</form>
}
// countdown + "stay signed in" dialog
export function StaySignedIn() {
  const endsAt = useSession(api, s => s.sessionExpiresAtMs)
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const t = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(t)
  }, [])
  if (endsAt === null || endsAt - now > 120_000) return null
  return (
    <dialog open>
      Signed out in {Math.round((endsAt - now) / 1000)} s{' '}
      <button type="button" onClick={() => api.session.refresh()}>
        Stay
      </button>
    </dialog>
  )
}
// for tests: a component that takes the client as a prop
export const Name = ({ client }: { client: Client<Claims> }) => <b>{useSession(client, s => s.claims?.name)}</b>
