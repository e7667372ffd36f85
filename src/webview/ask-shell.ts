import { randomId } from '../platform/random-id.ts'
import { bridgeLookMs, shellTimeoutMs } from '../time/delays.ts'
import { type FoundBridge, findBridge, type ShellOptions } from './native-bridge.ts'
import { onShellMessage } from './on-shell-message.ts'
import { readResponse, type ShellRequest, type ShellResponse, shellError } from './protocol.ts'

/** Some shells bring their bridge only once the page has loaded. */
async function awaitBridge({ name, bridge }: ShellOptions, signal: AbortSignal): Promise<FoundBridge> {
  if (bridge) return bridge
  for (let looks = 0; ; looks += 1) {
    const found = findBridge(name)
    if (found) return found[0]
    if (looks > 20 || !globalThis.document || signal?.aborted) throw shellError('not found')
    await new Promise(resolve => setTimeout(resolve, bridgeLookMs))
  }
}

/**
 * Sends one request. However it ends, by a response or by the signal, no listener is left.
 *
 * @throws Error if there was no response. Of what a bridge rejects with, only the message is passed on: neither a status nor a
 * code in it may end a session
 */
export async function askShell(
  request: ShellRequest,
  options: ShellOptions,
  // Where the caller has no deadline. Engines without it listen until there is a response.
  signal: AbortSignal = globalThis.AbortSignal?.timeout?.(shellTimeoutMs),
): Promise<ShellResponse> {
  const id = randomId()
  const bridge = await awaitBridge(options, signal)
  // An aborted signal calls no listener: a login shown now could not be cancelled.
  if (signal?.aborted) throw shellError('aborted')
  let respond: (value: unknown) => void = () => {}
  let fail = respond
  const response = new Promise<unknown>((resolve, reject) => {
    respond = resolve
    fail = reject
  })
  const abort = () => {
    fail(signal.reason)
    // Its failure does not matter: the bridge may be gone.
    const cancel = async () => bridge.send({ latchkey: 1, id, type: 'cancel' }, signal)
    cancel().catch(() => {})
  }
  // Before sending: some shells respond in the same call.
  const stop = onShellMessage(received => received['id'] === id && respond(received), bridge.channel)
  signal?.addEventListener('abort', abort)
  try {
    const returned = bridge.send({ latchkey: 1, id, ...request }, signal)
    // The app's own function may be async, and leave the response to the shell.
    const isPosted = returned === undefined || options.bridge
    Promise.resolve(returned).then(value => (value === undefined && isPosted) || respond(value), fail)
    return readResponse(await response, id)
  } catch (error) {
    throw shellError((error as Partial<Error> | null)?.message)
  } finally {
    stop()
    signal?.removeEventListener('abort', abort)
  }
}
