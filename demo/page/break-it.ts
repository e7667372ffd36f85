import {
  type Client,
  type ClientOptions,
  cookieRefresh,
  cookieSession,
  createClient,
  type RequestOptions,
  type SessionInput,
} from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { type Explanation, explainUnauthorized } from 'latchkey/explain'
import { oauthRefresh } from 'latchkey/oauth'
import type { BrokenCase } from '../server/broken.ts'
import { configuration, part } from './configuration.ts'
import { note } from './journal.ts'

type Call = NonNullable<BrokenCase['call']>

const { broken, startedAt } = configuration
const inspector = part<HTMLElementTagNameMap['latchkey-inspector']>('laboratory')
let runs = 0
let current: { readonly dispose: () => void } | null = null

/** A button for each cause of a 401. Each has a client of its own, so that the session above is left alone. */
export function offerBreaking(): void {
  inspector.explain = (client, { tell }) =>
    explainUnauthorized(client, {
      tell(explanation: Explanation) {
        tell(explanation)
        note('bad', `${explanation.causes[0]?.title} (${explanation.causes[0]?.certainty})`)
      },
    })
  part('breaks').append(...broken.map(createButton))
}

function createButton(broken: BrokenCase): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'chip'
  button.textContent = broken.code.replaceAll('-', ' ')
  button.title = broken.name
  button.addEventListener('click', () => {
    for (const other of part('breaks').children) other.ariaPressed = String(other === button)
    note('plain', `Broken on purpose: ${broken.name}.`)
    void run(broken)
  })
  return button
}

async function run(broken: BrokenCase): Promise<void> {
  const { isTrusted = true, signIn, signInAgain, before = [], call = {} } = broken
  runs += 1
  const folder = broken.folder.replace('{run}', `demo-${startedAt}-${runs}`)
  const scheme = broken.scheme && dpop()
  const client = createClient({
    baseUrl: isTrusted ? folder : location.origin,
    retry: 0,
    refresh: refreshOf(broken, folder),
    sessionName: `broken-${startedAt}-${runs}`,
    ...(scheme && { scheme }),
    ...(broken.client as ClientOptions),
    limits: { patienceMs: 0 },
  })
  current?.dispose()
  current = client
  inspector.client = client
  part('laboratory').hidden = false
  if (scheme) await loginProof(scheme, { url: `${folder}token` })
  if (signIn) await client.session.signIn(renew(signIn))
  for (const earlier of before) await send(client, folder, earlier)
  if (signInAgain) await client.session.signIn(renew(signInAgain))
  await send(client, folder, call)
}

function refreshOf({ refresh }: BrokenCase, folder: string): ClientOptions['refresh'] {
  const url = `${folder}refresh`
  if (refresh === 'post') return ({ refreshToken, post }) => post(url, { refreshToken })
  if (refresh === 'oauth') return oauthRefresh({ tokenEndpoint: `${folder}token`, clientId: 'my-spa' })
  if (refresh === 'cookie-session') return cookieSession({ url, signOutUrl: false })
  return refresh === 'cookie-refresh' ? cookieRefresh({ url, signOutUrl: false }) : undefined
}

async function send(client: Client, folder: string, { path = 'todos', by = 'ky', init = {}, meanwhile }: Call) {
  if (path === 'sign-out') return void (await client.session.signOut())
  const isSent = new Promise<void>(resolve => {
    client.session.on('request', ({ step }) => step === 'sent' && resolve())
  })
  const url = folder + path
  const sent = by === 'fetch' ? client.fetch(url, init) : client(url, init as RequestOptions).json()
  if (meanwhile) await isSent
  if (meanwhile === 'sign-in') await client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })
  if (meanwhile === 'sign-out') await client.session.signOut()
  await Promise.resolve<unknown>(sent).catch(() => {})
}

/** The tokens were made when the demo was started: their times move on, so that a good one is good still. */
function renew(input: Readonly<Record<string, unknown>>): SessionInput {
  const passedSeconds = Math.floor((Date.now() - startedAt) / 1000)
  const move = (value: unknown) =>
    typeof value === 'string' && /^eyJ.*\./.test(value) ? moveTimes(value, passedSeconds) : value
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, move(value)]),
  ) as unknown as SessionInput
}

function moveTimes(token: string, seconds: number): string {
  const [head = '', body = '', signature = ''] = token.split('.')
  const claims = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>
  for (const name of ['iat', 'nbf', 'exp', 'auth_time']) {
    if (typeof claims[name] === 'number') claims[name] += seconds
  }
  const text = btoa(JSON.stringify(claims)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return [head, text, signature].join('.')
}
