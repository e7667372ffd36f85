import type { StepUpContext } from 'latchkey'
import type { TokenEndpointResponse } from 'oauth4webapi'
import { part } from './configuration.ts'
import { note } from './journal.ts'
import { beginSignIn, completeSignIn } from './sign-in.ts'

const windowName = 'latchkey-demo-again'

/** In the window of a second sign-in: hands the callback's URL to the page that waits for it. Answers whether this is one. */
export function handBack(): boolean {
  if (window.name !== windowName || location.pathname !== '/callback' || !window.opener) return false
  ;(window.opener as Window).postMessage({ callback: location.href }, location.origin)
  window.close()
  return true
}

/**
 * RFC 9470: the server's form once more, in a window of its own, so that the page and the request that waits stay. A person's
 * click opens it, since browsers block any other.
 */
export function signInAgain(need: StepUpContext): Promise<TokenEndpointResponse | null> {
  const { acrValues, maxAgeSeconds, signal } = need
  note(
    'key',
    `The API wants a stronger sign-in (${acrValues.join(' ')}, of the last ${maxAgeSeconds} s). The request waits.`,
  )
  const dialog = part<HTMLDialogElement>('again')
  dialog.showModal()
  return new Promise(resolve => {
    const controller = new AbortController()
    const until = { signal: controller.signal }
    const settle = (tokens: TokenEndpointResponse | null) => {
      controller.abort()
      dialog.close()
      resolve(tokens)
    }
    signal.addEventListener('abort', () => settle(null), until)
    dialog.addEventListener('cancel', () => settle(null), until)
    part('again-decline').addEventListener('click', () => settle(null), until)
    part('again-go').addEventListener('click', () => void open(need), until)
    addEventListener(
      'message',
      event => void receive(event).then(tokens => tokens !== undefined && settle(tokens)),
      until,
    )
  })
}

async function open(need: StepUpContext): Promise<void> {
  const opened = window.open('', windowName, 'popup,width=480,height=720')
  if (!opened) return note('bad', 'The browser blocked the window. Allow it, then try again.')
  try {
    opened.location = (await beginSignIn(null, need)).href
  } catch {
    opened.close()
    note('bad', 'The authorization server cannot be reached. Mend it, then try again.')
  }
}

/** `undefined`: a message that is none of ours. */
async function receive({ data, origin }: MessageEvent): Promise<TokenEndpointResponse | null | undefined> {
  const { callback } = (data ?? {}) as { readonly callback?: unknown }
  if (origin !== location.origin || typeof callback !== 'string') return undefined
  try {
    return (await completeSignIn(callback)).tokens
  } catch {
    note('bad', 'The second sign-in was not completed.')
    return null
  }
}
