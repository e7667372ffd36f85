/** `fetch`, its `Request`, and which function it is: what they are to the platform, whatever they look like. */

type Fetch = typeof globalThis.fetch

/** Of a client's own `fetch`: the page's, when that client was made. Registered, so that two copies of the library know it. */
const madeOver = Symbol.for('latchkey.fetch')
/** Of what is sent: by which client. A symbol that says nothing, since whoever is handed it may log it. */
const sentBy = Symbol('sentBy')

interface Marked {
  readonly [madeOver]?: Fetch
  [sentBy]?: symbol | undefined
}

/** The page's `fetch` as it is now; where that is a client's own (`globalThis.fetch = api.fetch`), the one below it. */
export function pageFetch(): Fetch {
  let found = globalThis.fetch as Fetch & Marked
  while (found && madeOver in found) found = found[madeOver] as Fetch
  return found
}

/** Marks a client's own `fetch`. */
export const asOwnFetch = <Own extends Fetch>(own: Own): Own => Object.assign(own, { [madeOver]: pageFetch() })

/** Marks what a client sends, so that it is known if a wrapper round the client's own `fetch` brings it back. */
export function markSent<Init extends RequestInit>(init: Init, client: symbol): Init {
  ;(init as Marked)[sentBy] = client
  return init
}

/** For what is sent in the place of `init`. */
export function passMark(init: RequestInit | undefined, to: object): void {
  ;(to as Marked)[sentBy] = (init as Marked | undefined)?.[sentBy]
}

export const isSentBy = (client: symbol, input: unknown, init: unknown): boolean =>
  (init as Marked | null | undefined)?.[sentBy] === client || (input as Marked | null)?.[sentBy] === client

/** What `fetch` reads of an init; a `Request` made with it carries all of it. */
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
 * A member of a `Request` by the platform's own getter, as `fetch` reads it: a subclass or a wrapper may show another one.
 * @throws TypeError if it is no `Request`
 */
export const readMember = <Name extends keyof Request>(request: Request, name: Name): Request[Name] =>
  Reflect.get(Request.prototype, name, request)

/** Whether the platform takes it for a `Request`, of whatever realm; anything else it takes by its text. */
export function isRequest(input: unknown): input is Request {
  try {
    // The look comes first: what throws is dear.
    return typeof input === 'object' && 'url' in (input as object) && Boolean(readMember(input as Request, 'url'))
  } catch {
    return false
  }
}

/** What is asked for, as `fetch` reads it: by the init, else by the Request. */
export const readRequestOption = <Name extends 'method' | 'mode' | 'redirect' | 'keepalive' | 'signal'>(
  init: RequestInit,
  request: Request | undefined,
  name: Name,
): RequestInit[Name] => (init[name] === undefined && request ? readMember(request, name) : init[name])
