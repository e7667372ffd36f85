import { isPassing } from '../refresh/judge-failure.ts'
import type { ProbeResponse } from './network.ts'
import { type Credential, isUnreadable, type Renewal, type Renewer } from './renewal.ts'
import type { Credentials, Settings } from './settings.ts'

/** A session of the test account. */
export interface Session {
  /** What the next refresh is sent with. */
  credential: Credential
  /** Whether the server has accepted a refresh of it. */
  isProved: boolean
}

/** A session that was just renewed. */
export interface Renewed {
  readonly session: Session
  /** What was replaced, or would have been. */
  readonly before: Credential
  readonly renewal: Extract<Renewal, { readonly kind: 'granted' }>
}

/** The sessions that may be spent, one after another. */
export interface Sessions {
  /** Renews the session in use, or else the next one that the server still knows; `null` if there is none. */
  renew(note: string): Promise<Renewed | null>
  /** It is over. */
  end(session: Session): void
  /** How many ended. */
  readonly ended: number
  /** The newest access token. */
  readonly accessToken: string | null
  /** The response of the last login, for its cookies. */
  readonly loginResponse: ProbeResponse | null
  /** The server accepted neither the login nor any credential that was given, so no session could be examined. */
  readonly wereAllRefused: boolean
  /** Why there is none left. */
  readonly shortage: string
}

interface Parts {
  readonly settings: Settings
  readonly credentials: Credentials
  readonly renewer: Renewer
}

export function createSessions({ settings, credentials, renewer }: Parts): Sessions {
  const given = settings.renewal?.mode === 'cookie' ? credentials.cookies : credentials.refreshTokens
  const waiting = given.map((secret): Credential => ({ secret, accessToken: null }))
  let current: Session | null = null
  let ended = 0
  let refused = 0
  let wasAccepted = false
  let accessToken = credentials.accessToken
  let loginResponse: ProbeResponse | null = null
  let loginFailed = false
  /** The status of a token endpoint that was busy or broken at the last refresh; 0: it was not. */
  let busyStatus = 0

  const open = async (): Promise<Session | null> => {
    const next = waiting.shift()
    if (next) return { credential: next, isProved: false }
    if (!settings.loginEndpoint || credentials.login === null || loginFailed) return null
    const { credential, response } = await renewer.logIn(credentials.login)
    loginResponse = response
    // Not again: many logins that fail can lock the account.
    loginFailed = credential === null
    return credential && { credential, isProved: false }
  }
  const end = (session: Session) => {
    ended += 1
    if (current === session) current = null
  }
  const renewCurrent = async (session: Session, note: string): Promise<Renewed | null> => {
    const before = session.credential
    const renewal = await renewer.renew(before, { note })
    const { response } = renewal
    const isBroken = isPassing(response.status) || (renewal.kind === 'unclear' && isUnreadable(response))
    busyStatus = isBroken ? response.status : 0
    if (renewal.kind !== 'granted') return null
    session.credential = renewal.credential
    session.isProved = true
    wasAccepted = true
    accessToken = renewal.credential.accessToken ?? accessToken
    return { session, before, renewal }
  }

  return {
    get ended() {
      return ended
    },
    get accessToken() {
      return accessToken
    },
    get loginResponse() {
      return loginResponse
    },
    get wereAllRefused() {
      return loginFailed || (refused > 0 && !wasAccepted)
    },
    get shortage() {
      const status = loginResponse?.status ?? 0
      if (loginFailed && status >= 400)
        return `The login was refused with ${status}: check --login-endpoint and LATCHKEY_LOGIN.`
      if (loginFailed) return `The login (status ${status}) returned no credential that the server accepts.`
      if (busyStatus && busyStatus < 300)
        return `The refresh gets ${busyStatus} with a body that is not JSON, which clients treat as an outage.`
      if (busyStatus) return `The refresh gets ${busyStatus}, which neither grants nor refuses it.`
      if (refused > 0) return 'The server does not accept the credential that was given, and there is no other.'
      return 'Every session that was given is used up.'
    },
    end,
    async renew(note) {
      for (;;) {
        current ??= await open()
        if (!current) return null
        const session = current
        const renewed = await renewCurrent(session, note)
        // A server that is busy has refused nothing: the session is for the next check.
        if (renewed || busyStatus) return renewed
        refused += 1
        current = null
        // A login whose credential is refused at once would be repeated for ever.
        loginFailed ||= loginResponse !== null && !session.isProved
      }
    },
  }
}
