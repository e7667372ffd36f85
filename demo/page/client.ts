import { createClient, indexedDbStore, redirectTo } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'
import { configuration } from './configuration.ts'
import { showLoginNotice } from './login-notice.ts'
import { scheme } from './scheme.ts'
import { signInAgain } from './step-up.ts'

const { api: baseUrl, clientId, issuer } = configuration
const goToLogin = redirectTo('/login')

/** The whole of what an app writes. The notice before the redirect is the demo's, so that there is time to look. */
export const api = createClient({
  baseUrl,
  refresh: oauthRefresh({
    tokenEndpoint: `${issuer}/token`,
    revocationEndpoint: `${issuer}/token/revocation`,
    clientId,
  }),
  store: indexedDbStore(),
  scheme,
  sessionName: scheme && 'bound to a key',
  reauthenticate: async need => (need.kind === 'step-up' ? signInAgain(need) : null),
  onLoginRequired: event => showLoginNotice(event, () => goToLogin(event)),
})
