// (12) Without ky: everything from latchkey/fetch
import {
  type AnyLatchkeyError,
  type AuthenticatedFetch,
  bearer,
  type Challenge,
  ConfigurationError,
  cookieRefresh,
  cookieSession,
  createAuthenticatedFetch,
  type EndReason,
  type FetchClient,
  type FetchClientOptions,
  indexedDbStore,
  isLatchkeyError,
  isReplayable,
  memoryStore,
  RefreshUnavailableError,
  readChallenges,
  redirectTo,
  SessionEndedError,
  type SessionEvents,
  type SessionSnapshot,
  type SessionStore,
  StepUpRequiredError,
  safeReturnTo,
  type Tokens,
  webStorageStore,
} from 'latchkey/fetch'

interface Claims {
  readonly sub: string
  readonly roles: readonly string[]
}
const options: FetchClientOptions<Claims> = {
  baseUrl: 'https://api.example.com/',
  refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
  onLoginRequired: redirectTo('/login'),
  store: indexedDbStore(),
  scheme: bearer(),
}
export const client: FetchClient<Claims> = createAuthenticatedFetch(options)
export const send: AuthenticatedFetch = client.fetch
export const mediated = createAuthenticatedFetch({ refresh: cookieRefresh({ url: '/refresh', signOutUrl: '/logout' }) })
export const bff = createAuthenticatedFetch({ refresh: cookieSession({ url: '/bff', signOutUrl: false }) })
export const stores: readonly SessionStore[] = [memoryStore(), webStorageStore()]
export const roles = (snapshot: SessionSnapshot<Claims>) => snapshot.claims?.roles ?? []
export const reasonOf = ({ reason }: SessionEvents<Claims>['ended']): EndReason => reason
export const back = () => safeReturnTo(new URLSearchParams(location.search).get('returnTo'))

export async function login(tokens: Tokens): Promise<readonly Challenge[]> {
  await client.session.signIn(tokens)
  const response = await send('https://api.example.com/todos')
  return response.status === 401 && !isReplayable(response) ? readChallenges(response) : []
}
export function tell(error: unknown): AnyLatchkeyError | string {
  if (error instanceof SessionEndedError) return `${error.rejectedResponse?.status}`
  if (error instanceof StepUpRequiredError) return error.rejectedResponse.statusText
  if (error instanceof RefreshUnavailableError || error instanceof ConfigurationError) return error.message
  if (isLatchkeyError(error)) return error
  throw error
}
