import { ConfigurationError } from '../../errors.ts'
import type { Credentials } from '../../session/credentials.ts'
import { report } from '../../session/events.ts'
import type { SessionCore } from '../../session/session.ts'
import { withoutSecrets } from '../../stores/without-tokens.ts'

const noCookie =
  "A new login was rejected: its cookie was probably not kept. Send it with `credentials: 'include'`, see docs/servers.md#cookies."

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
