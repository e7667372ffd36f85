import { vi } from 'vitest'
import type { ShellMessage, ShellResponse } from '../../src/webview/protocol.ts'

/** A window and a document, as far as shells post to them. */
export const stubPage = () => {
  const page = new EventTarget()
  const document = new EventTarget()
  let listening = 0
  vi.stubGlobal('addEventListener', (type: string, listener: EventListener) => {
    listening += type === 'message' ? 1 : 0
    page.addEventListener(type, listener)
  })
  vi.stubGlobal('removeEventListener', (type: string, listener: EventListener) => {
    listening -= type === 'message' ? 1 : 0
    page.removeEventListener(type, listener)
  })
  vi.stubGlobal('dispatchEvent', (event: Event) => page.dispatchEvent(event))
  vi.stubGlobal('document', document)
  return {
    /** As a shell does it: by a script in the page. */
    post: (message: object) =>
      page.dispatchEvent(new MessageEvent('message', { data: JSON.stringify({ latchkey: 1, ...message }) })),
    /** How many listen for messages of the window. */
    get listening() {
      return listening
    },
  }
}

/** A shell whose responses are the test's: by default the session of `user`, whose tokens are numbered. */
export const createShell = () => {
  const messages: ShellMessage[] = []
  let count = 0
  const shell = {
    messages,
    user: 'alice' as string | null,
    /** What it does with the next messages; `undefined`: as by default. */
    respond: undefined as ((message: ShellMessage) => unknown) | undefined,
    types: () => messages.map(({ type }) => type),
    session(): ShellResponse {
      if (shell.user === null) return { latchkey: 1, status: 'signed-out' }
      count += 1
      const session = { accessToken: `access-${count}`, subject: shell.user, expiresInSeconds: 300 }
      return { latchkey: 1, status: 'signed-in', session }
    },
    send(message: ShellMessage): unknown {
      messages.push(message)
      if (shell.respond) return shell.respond(message)
      if (message.type === 'sign-out') shell.user = null
      return Promise.resolve(shell.session())
    },
  }
  return shell
}
