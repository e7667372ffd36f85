// TanStack Query: `new QueryClient({ defaultOptions: { queries: queryRetries } })`.
import type { QueryClient } from '@tanstack/react-query'
import { type Client, createClient, isLatchkeyError, redirectTo } from 'latchkey'

export const api = createClient({
  baseUrl: 'https://api.example.com/',
  // One of the two retries, not both: ky's three sends times TanStack's four tries make twelve of one 503.
  retry: 0,
  refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
  onLoginRequired: redirectTo('/login'),
})

const mostRetries = 3

/** Retries what may pass, and waits for as long as the error says; what is over, or a mistake, is not retried. */
export const queryRetries = {
  retry: (failureCount: number, error: Error): boolean =>
    failureCount < mostRetries && (!isLatchkeyError(error) || error.code === 'refresh-unavailable'),
  retryDelay: (failureCount: number, error: Error): number =>
    isLatchkeyError(error) && error.code === 'refresh-unavailable' ? error.retryAfterMs : 1000 * 2 ** failureCount,
}

/** As a `queryFn`: `useQuery({ queryKey: ['todos'], queryFn: read('todos') })`. */
export const read =
  <Answer>(path: string) =>
  ({ signal }: { readonly signal: AbortSignal }): Promise<Answer> =>
    api.get(path, { signal }).json<Answer>()

/**
 * The next user must not see this user's data. Where another user signed in in another tab (`replaced`), components stay
 * mounted: `clear` would leave the former user's data on the screen, and `resetQueries` loads it anew.
 */
export const clearWithSession = ({ session }: Pick<Client, 'session'>, cache: QueryClient): (() => void) =>
  session.on('ended', ({ reason }) => {
    if (reason !== 'replaced') return cache.clear()
    cache.getMutationCache().clear()
    void cache.resetQueries()
  })

/**
 * For mutations that wait offline: `useMutation({ mutationFn: onlyAs(api, write) })`. What one user changed is not sent as the
 * next: a mutation that is resumed after a change of user rejects.
 */
export const onlyAs = <Variables extends { readonly madeBy: string | null }, Answer>(
  { session }: Pick<Client, 'session'>,
  write: (variables: Variables) => Promise<Answer>,
): ((variables: Variables) => Promise<Answer>) => {
  return async variables => {
    const { subject } = await session.ready()
    if (subject === null || subject !== variables.madeBy) throw new Error('This change was made by another user.')
    return write(variables)
  }
}
