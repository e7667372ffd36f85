import { createClient, isLatchkeyError } from 'latchkey'
import { followShell, shellKind, shellLogin, shellRefresh } from 'latchkey/webview'
import { configuration, part } from './configuration.ts'

/** The whole of what an app in a webview writes. */
const api = createClient({
  baseUrl: configuration.api,
  refresh: shellRefresh(),
  reauthenticate: shellLogin(),
  // Short, so that you see at once what becomes of a shell that does not respond.
  limits: { refreshTimeoutMs: 1500, patienceMs: 0 },
})
followShell(api)

const { session } = api

function showSession(): void {
  const { status, subject } = session.getSnapshot()
  const said = status === 'signed-in' ? `Signed in as ${subject}` : `The session is ${status}`
  part('status').textContent = `${said}. Bridge: ${shellKind() ?? 'none yet'}.`
}

/** Says what became of it in one line. */
async function tryOut(act: () => Promise<string>): Promise<void> {
  part('outcome').textContent = 'Waiting…'
  try {
    part('outcome').textContent = await act()
  } catch (error) {
    part('outcome').textContent = isLatchkeyError(error) ? `${error.code}: ${error.message}` : String(error)
  }
}

session.subscribe(showSession)
part('ask').addEventListener('click', () =>
  tryOut(async () => `The API answered ${(await api.get('notes', { cache: 'no-store' })).status}.`),
)
part('refresh').addEventListener('click', () =>
  tryOut(async () => `Token number ${(await session.refresh()).generation + 1} of this session.`),
)
part('sign-out').addEventListener('click', () =>
  tryOut(async () => {
    const { revoked } = await session.signOut()
    return (await revoked) ? 'The shell has signed out, too.' : 'The shell could not be told.'
  }),
)
await session.ready()
showSession()
