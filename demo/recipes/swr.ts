// SWR: a fetcher over `api`, and retries that stop when the session has ended. Use it as `<SWRConfig value={swrOptions(api)}>`.
import { type Client, isLatchkeyError } from 'latchkey'
import type { SWRConfiguration } from 'swr'

export const swrOptions = (api: Pick<Client, 'get'>): SWRConfiguration => ({
  fetcher: (path: string) => api.get(path).json(),
  // SWR retries every error by default, also when only a sign-in can help.
  shouldRetryOnError: (error: Error) => !isLatchkeyError(error) || error.code === 'refresh-unavailable',
})

/**
 * Empties SWR's cache when the session ends, so that the next user does not see this user's data. Where another user signed in
 * in another tab (`replaced`), components stay mounted, and load it anew.
 */
export const clearWithSession = (
  { session }: Pick<Client, 'session'>,
  /** `const { mutate } = useSWRConfig()` */
  mutate: (matches: () => true, data: undefined, options: { readonly revalidate: boolean }) => unknown,
): (() => void) =>
  session.on('ended', ({ reason }) => void mutate(() => true, undefined, { revalidate: reason === 'replaced' }))
