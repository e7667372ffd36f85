import { createClient, indexedDbStore, isLatchkeyError } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'
import type { ShellEvent, ShellMessage, ShellResponse } from 'latchkey/webview'
import { configuration, part } from './configuration.ts'
import { isBound } from './scheme.ts'
import { beginSignIn } from './sign-in.ts'

const { api: baseUrl, clientId, issuer } = configuration

/** What a native app writes by its own means: a refresh token in safe storage, one refresh at a time. */
const { session } = createClient({
  baseUrl,
  refresh: oauthRefresh({
    tokenEndpoint: `${issuer}/token`,
    revocationEndpoint: `${issuer}/token/revocation`,
    clientId,
  }),
  store: indexedDbStore(),
})
const frame = part<HTMLIFrameElement>('webview')
const dialog = part<HTMLDialogElement>('login')
let closeLogin: (() => void) | undefined

async function respondToRefresh({ cause }: Extract<ShellMessage, { type: 'refresh' }>): Promise<ShellResponse> {
  try {
    if (cause === 'rejected' || cause === 'manual') await session.refresh()
    const accessToken = await session.getAccessToken()
    const { subject, accessTokenExpiresAtMs } = session.getSnapshot()
    const expiresInSeconds = accessTokenExpiresAtMs && (accessTokenExpiresAtMs - Date.now()) / 1000
    return { latchkey: 1, status: 'signed-in', session: { accessToken, subject, expiresInSeconds } }
  } catch (error) {
    const isOver = isLatchkeyError(error) && error.code === 'session-ended'
    return { latchkey: 1, status: isOver ? 'signed-out' : 'unavailable' }
  }
}

/** A real shell would open the system browser; here this page itself goes to the form. */
const respondToLogin = (): Promise<ShellResponse> =>
  new Promise(resolve => {
    closeLogin = () => {
      dialog.close()
      resolve({ latchkey: 1, status: 'declined' })
    }
    dialog.show()
  })

async function respond(message: ShellMessage): Promise<ShellResponse | null> {
  switch (message.type) {
    case 'refresh':
      return respondToRefresh(message)
    case 'sign-out':
      // Only the session that is meant: another user may have signed in since.
      if (message.subject === null || message.subject === session.getSnapshot().subject) await session.signOut()
      return { latchkey: 1, status: 'signed-out' }
    case 'cancel':
      closeLogin?.()
      return null
    default:
      return respondToLogin()
  }
}

function note(text: string): void {
  const entry = document.createElement('li')
  entry.textContent = text
  part('messages').prepend(entry)
}

const responses: Readonly<Record<string, (response: ShellResponse) => readonly unknown[]>> = {
  well: response => [response],
  null: () => [null],
  garbage: () => ['<html>Bad gateway</html>'],
  twice: response => [response, response],
  never: () => [],
}

/** What Android's WebView injects. It appears once the page has loaded, which is late, but not too late. */
function injectBridge(): void {
  const listeners = new Set<(event: { readonly data: string }) => void>()
  const post = (value: unknown) => {
    for (const listener of [...listeners]) listener({ data: JSON.stringify(value) })
  }
  const bridge = {
    async postMessage(text: string) {
      const message: ShellMessage = JSON.parse(text)
      note(`← ${message.type}${'cause' in message ? ` (${message.cause})` : ''}`)
      const manner = document.querySelector<HTMLInputElement>('input[name="manner"]:checked')?.value ?? 'well'
      const response = await respond(message)
      if (!response) return
      for (const value of responses[manner]?.({ ...response, id: message.id }) ?? []) {
        note(`→ ${value === response || Object(value) === value ? response.status : JSON.stringify(value)}`)
        post(value)
      }
    },
    addEventListener: (_type: string, listener: (event: { readonly data: string }) => void) => listeners.add(listener),
    removeEventListener: (_type: string, listener: (event: { readonly data: string }) => void) =>
      listeners.delete(listener),
  }
  // A value that posting returns would be taken for the response.
  const postMessage = (text: string) => void bridge.postMessage(text)
  Object.assign(frame.contentWindow ?? {}, { latchkey: { ...bridge, postMessage } })
}

/** As a native shell does it: by a script that it evaluates in the page. */
function tellPage(type: ShellEvent['type']): void {
  const target = frame.contentWindow as (Window & typeof globalThis) | null
  if (!target) return
  note(`→ ${type}`)
  target.dispatchEvent(new target.MessageEvent('message', { data: JSON.stringify({ latchkey: 1, type }) }))
}

function showSession(): void {
  const { status, subject } = session.getSnapshot()
  part('status').textContent = status === 'signed-in' ? `Holds the session of ${subject}.` : 'No user is signed in.'
}

frame.addEventListener('load', injectBridge)
injectBridge()
session.subscribe(showSession)
// Also what another tab of the demo does.
session.on('signed-in', () => tellPage('signed-in'))
session.on('ended', ({ tab }) => tab === 'other' && tellPage('signed-out'))
const goToSignIn = async () => location.assign(await beginSignIn('/shell.html'))
part('sign-in').addEventListener('click', goToSignIn)
part('login-go').addEventListener('click', goToSignIn)
part('login-decline').addEventListener('click', () => closeLogin?.())
part('reload').addEventListener('click', () => frame.contentWindow?.location.reload())
part('sign-out').addEventListener('click', async () => {
  await session.signOut()
  tellPage('signed-out')
})
await session.ready()
showSession()
if (isBound) note('Choose Bearer in the demo first: this shell holds no tokens that are bound to a key.')
