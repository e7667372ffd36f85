/** One request as it came over the wire. */
export interface Arrival {
  readonly method: string
  readonly path: string
  readonly host: string
  readonly authorization: string | undefined
  /** All others, in the order in which they came; the boundary of a form replaced. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** What has come since it was last asked. */
export type Take = () => readonly Arrival[] | Promise<readonly Arrival[]>

/** What came of a call: for its caller, and on the wire. */
export interface Observed {
  /** The response, or the name of what was thrown. */
  readonly outcome: unknown
  /** Whether the body of the caller's `Request` was used up. */
  readonly used: boolean
  readonly arrivals: readonly Arrival[]
}

type Arguments = readonly [input: unknown, init: unknown]

/** By the platform's own getter: of any realm, and whatever a class says of itself. */
function isUsed(input: unknown): boolean {
  try {
    return Reflect.get(Request.prototype, 'bodyUsed', input as object) === true
  } catch {
    return false
  }
}

async function outcomeOf(call: () => Promise<Response>): Promise<unknown> {
  try {
    const response = await call()
    const { status, statusText, type, url, redirected, ok } = response
    const isEmpty = response.body === null
    const headers = [...response.headers].filter(([name]) => name !== 'date')
    const body = await response.text()
    return { status, statusText, type, url, redirected, ok, headers, isEmpty, body, bodyUsed: response.bodyUsed }
  } catch (error) {
    // Of several mistakes either may be named first, so that the words of a TypeError are not compared.
    const { name, message } = Object(error) as Error
    return name === 'TypeError' ? name : `${name}: ${message}`
  }
}

/** @returns `null` where the arguments cannot even be made */
export async function observe(
  call: (...given: [RequestInfo, RequestInit | undefined]) => Promise<Response>,
  makeArguments: () => Arguments,
  take: Take,
): Promise<Observed | null> {
  let given: Arguments
  try {
    given = makeArguments()
  } catch {
    return null
  }
  const [input, init] = given
  const outcome = await outcomeOf(() => call(input as RequestInfo, init as RequestInit | undefined))
  return { outcome, used: isUsed(input), arrivals: await take() }
}

export const withoutToken = (arrivals: readonly Arrival[]): readonly Arrival[] =>
  arrivals.map(({ authorization, ...arrival }) => ({
    ...arrival,
    authorization: authorization?.startsWith('Bearer ') ? undefined : authorization,
  }))

/** Without their order, which pages do not choose. */
export const inAnyOrder = (arrivals: readonly Omit<Arrival, 'authorization'>[]) =>
  arrivals.map(({ headers, ...arrival }) => ({
    ...arrival,
    headers: headers.map(header => header.join(': ')).sort(),
  }))

/** What tells a cache to ask anew: a replay says it, a first send does not. */
const isOfCache = ([name]: Arrival['headers'][number]) => name === 'cache-control' || name === 'pragma'

/** What a replay and a first send have in common. */
export const comparableToReplay = (arrivals: readonly Arrival[]): readonly Arrival[] =>
  withoutToken(arrivals).map(one => ({
    ...one,
    headers: one.headers.filter(header => !isOfCache(header)).toSorted(),
  }))
