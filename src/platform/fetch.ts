/** Finds the page's `fetch`, and reads a `Request` as the platform does. */

type Fetch = typeof globalThis.fetch

/** On a client's own `fetch`: the page's `fetch` when it was made. Registered, so that two copies of the library share it. */
const fetchBelow = Symbol.for('latchkey.fetch')
/** On what is sent: the client that sent it. Its value is a symbol without a description, since wrappers may log it. */
const sentBy = Symbol('sentBy')

interface Marked {
  readonly [fetchBelow]?: Fetch
  [sentBy]?: symbol | undefined
}

/** The page's `fetch` as it is now; where that is a client's own (`globalThis.fetch = api.fetch`), the one below it. */
export function pageFetch(): Fetch {
  let found = globalThis.fetch as Fetch & Marked
  while (found && fetchBelow in found) found = found[fetchBelow] as Fetch
  return found
}

/** Marks a client's own `fetch`. */
export const asOwnFetch = <Own extends Fetch>(own: Own): Own => Object.assign(own, { [fetchBelow]: pageFetch() })

/** A client, which recognises what it sends if a wrapper around its own `fetch` passes it back. */
export interface Sender {
  readonly mark: symbol
  /** What `send` passes to the network in this task. */
  sending: readonly [input: unknown, init: RequestInit] | null
}

/** Sends with the mark of the client. A wrapper that makes a new `Request` loses it: until this call returns, `isSending` tells. */
export function send(client: Sender, network: Fetch, ...[input, init = {}]: Parameters<Fetch>): Promise<Response> {
  const outer = client.sending
  client.sending = [input, init]
  ;(init as Marked)[sentBy] = client.mark
  try {
    return network(input, init)
  } finally {
    client.sending = outer
  }
}

/** Whether it has the method and URL of what is being sent in this task, so that to send it would not end. */
export function isSending({ sending }: Sender, method: string, address: string): boolean {
  if (!sending) return false
  const [input, init] = sending
  const { url, method: own } = Object(input)
  return (url ?? `${input}`) === address && `${init.method ?? own ?? 'GET'}`.toUpperCase() === method
}

/** Copies the mark of `init` to what is sent instead. */
export function passMark(init: RequestInit | undefined, to: object): void {
  ;(to as Marked)[sentBy] = (init as Marked | undefined)?.[sentBy]
}

export const isSentBy = ({ mark }: Sender, input: unknown, init: unknown): boolean =>
  (init as Marked | null | undefined)?.[sentBy] === mark || (input as Marked | null)?.[sentBy] === mark

/** The members of an init that `fetch` reads. */
export const initMembers: readonly string[] = [
  'method',
  'headers',
  'body',
  'referrer',
  'referrerPolicy',
  'mode',
  'credentials',
  'cache',
  'redirect',
  'integrity',
  'keepalive',
  'signal',
  'duplex',
  'window',
  'priority',
]

/**
 * Reads a member of a `Request` by the platform's own getter, as `fetch` does: a subclass or wrapper may override it.
 * @throws TypeError if it is not a `Request`
 */
export const readMember = <Name extends keyof Request>(request: Request, name: Name): Request[Name] =>
  Reflect.get(Request.prototype, name, request)

/** The headers of a `Request`. In Chromium those of an iframe that is gone have no iterator, and would be taken for a record. */
export function headersOf(request: Request): HeadersInit {
  const headers = readMember(request, 'headers')
  return Symbol.iterator in headers ? headers : [...Headers.prototype.entries.call(headers)]
}

/** Whether the platform accepts it as a `Request`, of any realm. Anything else is converted to text. */
export function isRequest(input: unknown): input is Request {
  try {
    // Check the type first: throwing is expensive. In WebKit the URL is empty if the iframe that made the Request is gone.
    return typeof input === 'object' && 'url' in (input as object) && readMember(input as Request, 'url') != null
  } catch {
    return false
  }
}

/** Reads an option as `fetch` does: from the init, else from the Request. */
export const readRequestOption = <Name extends 'method' | 'mode' | 'redirect' | 'keepalive' | 'signal'>(
  init: RequestInit,
  request: Request | undefined,
  name: Name,
): RequestInit[Name] => (init[name] === undefined && request ? readMember(request, name) : init[name])
