import { ConfigurationError } from '../../errors.ts'
import type { Credentials } from '../../session/credentials.ts'
import { report } from '../../session/events.ts'
import type { SessionCore } from '../../session/session.ts'
import { withoutSecrets } from '../../stores/without-tokens.ts'

const noCookie =
  "A new login was rejected: its cookie was not kept, or the late response of a sign-out cleared it. Send the login with `credentials: 'include'`, and `await revoked` of a sign-out before a login by navigation, see docs/servers.md#cookies."

/** Removes secrets from what a login brought. Says on the console that its cookie was not kept, if its first refresh is rejected. */
export function watchLogins({ listenersOf }: SessionCore): (credentials: Credentials) => Credentials {
  let isUnconfirmed = false
  listenersOf('refreshed').add(() => {
    isUnconfirmed = false
  })
  listenersOf('ended').add(({ reason }) => {
    if (isUnconfirmed && reason === 'refresh-rejected') report(new ConfigurationError(null, noCookie))
    isUnconfirmed = false
  })
  return credentials => {
    isUnconfirmed = true
    return withoutSecrets(credentials)
  }
}
