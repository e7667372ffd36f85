import { createClient } from '../../src/client/create-client.ts'
import { isLatchkeyError } from '../../src/errors.ts'
import { createDeferred } from '../support/deferred.ts'
import type { Fault } from './fault.ts'
import type { Account, CellWorld } from './world.ts'

export const accessTokens = ['valid', 'expired', 'rejected'] as const
export const loads = ['one request', 'many requests', 'a stream body'] as const

export interface CellOptions {
  readonly fault: Fault
  /**
   * Of the access token when the requests are made: it is good and being renewed; it is known to have expired; or nothing is
   * known of its lifetime and the API rejects it.
   */
  readonly accessToken: (typeof accessTokens)[number]
  readonly load: (typeof loads)[number]
  /** Whether only the first token request fails. */
  readonly isOnce: boolean
}

export interface Cell extends CellOptions {
  /** What the callers got, each outcome once: a status, or an error's code and reason. */
  readonly outcomes: readonly string[]
  /** What `session.refresh()` gave, where the token was valid. */
  readonly refreshed: string | null
  /** As `status`, or `ended: reason`. */
  readonly session: string
  readonly logins: number
  readonly tokenRequests: number
  /** How many requests waited for a refresh. */
  readonly waiting: number
  readonly reuses: number
  /** Whether more token requests came to the server than the client has made: its platform sent one again by itself. */
  readonly isResent: boolean
  /** The longest wait that an error asked for. */
  readonly retryAfterMs: number
  /** Whether a later request succeeded once the endpoint was healthy; `null` where that was not tried. */
  readonly isRecovered: boolean | null
}

/**
 * In real time. What answers at once has a deadline that no busy machine misses, and what never does has one that a test can wait
 * for. Where only the first try fails there is patience enough for a second one that comes late.
 */
const limitsFor = ({ fault: { isSilent = false }, isOnce }: CellOptions) => ({
  refreshTimeoutMs: isSilent ? 4000 : 20_000,
  patienceMs: isOnce ? 14_000 : 3000,
  storeTimeoutMs: 20_000,
})
/** Longer than a sign-in takes: a token that is past its end on arrival is used until a 401. */
const expiresInMs = 500
const hangMs = 60_000
const many = 8

const streamOf = (text: string) => new Blob([text]).stream()

/** @throws if it takes longer than any deadline allows, with what was done until then */
const withinBounds = async <Result>(promise: Promise<Result>, done: readonly string[]): Promise<Result> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it hangs: ${done.join(', ')}`)), hangMs)
  })
  return Promise.race([promise, hang]).finally(() => clearTimeout(timer))
}

/** `refresh-unavailable (network)`. What was not sent so soon after a failure says which in its cause. */
function describe(error: unknown): string {
  if (!isLatchkeyError(error)) return error instanceof Error ? error.message : String(error)
  if (error.code === 'refresh-unavailable') {
    const of = error.reason === 'backing-off' && isLatchkeyError(error.cause) ? error.cause : error
    const reason = 'reason' in of ? of.reason : ''
    return `${error.code} (${reason}${'status' in of && of.status ? ` ${of.status}` : ''})`
  }
  return 'reason' in error ? `${error.code} (${error.reason})` : error.code
}

function start(account: Account, count: number, options: CellOptions, { addresses }: CellWorld) {
  const { fault, isOnce } = options
  let logins = 0
  let attempts = 0
  let isHealed = false
  const done: string[] = []
  const startedAt = performance.now()
  const note = (what: string) => void done.push(`${Math.round(performance.now() - startedAt)} ${what}`)
  const client = createClient({
    baseUrl: account.url,
    retry: 0,
    limits: limitsFor(options),
    refresh: ({ refreshToken, post }) => {
      attempts += 1
      note(`refresh ${attempts}`)
      const isStruck = fault.address !== undefined && !isHealed && (!isOnce || attempts === 1)
      const url = isStruck ? addresses[fault.address ?? 'closedPort'] : `${account.url}token`
      return post(url, new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken ?? '' }))
    },
    onLoginRequired: () => {
      logins += 1
    },
  })
  const settled = new Set<unknown>()
  const waiting = new Set<unknown>()
  client.session.on('request', event => {
    const { step, id } = event
    note(`${id} ${step}`)
    const waits = step === 'waiting' && event.for === 'refresh'
    if (waits) waiting.add(id)
    if (waits || step === 'completed' || step === 'failed') settled.add(id)
    if (settled.size === count) account.release()
  })
  return {
    client,
    done,
    heal: () => {
      isHealed = true
      return account.heal()
    },
    counts: () => ({ logins, tokenRequests: attempts, waiting: waiting.size }),
  }
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Until the app was asked for a login, and a moment more, so that a second time would be seen. */
async function afterLogins(count: () => number): Promise<void> {
  for (let rounds = 0; rounds < 100 && count() === 0; rounds += 1) await pause(20)
  await pause(50)
}

/** Asks until it is answered with 200, as a user who presses the button again. */
async function recovers(send: () => Promise<Response>): Promise<boolean> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < hangMs / 2) {
    const isGood = await send().then(
      ({ ok }) => ok,
      () => false,
    )
    if (isGood) return true
    await pause(250)
  }
  return false
}

/** Runs one cell against the real servers. @throws if anything in it hangs */
export async function runCell(world: CellWorld, options: CellOptions): Promise<Cell> {
  const { fault, accessToken, load, isOnce } = options
  const times = isOnce ? 1 : Number.POSITIVE_INFINITY
  const count = load === 'many requests' ? many : 1
  const account = await world.open({
    fault,
    times,
    acceptsFirst: accessToken === 'valid',
    // All of them wait for one refresh: a 401 that comes after it is another story.
    isHeld: accessToken === 'rejected',
  })
  const { client, done, heal, counts } = start(account, count, options, world)
  const ended: string[] = []
  client.session.on('ended', ({ reason }) => ended.push(reason))
  const lifetime = { valid: 300, expired: expiresInMs / 1000, rejected: undefined }[accessToken]
  await client.session.signIn({
    accessToken: account.accessToken,
    refreshToken: account.refreshToken,
    ...(lifetime !== undefined && { expiresInSeconds: lifetime }),
  })
  // A timer may fire early by the time that the loop was busy.
  const signedInAt = performance.now()
  while (accessToken === 'expired' && performance.now() - signedInAt < expiresInMs) await pause(20)

  const errors: unknown[] = []
  const outcomeOf = (promise: Promise<Response>) =>
    promise.then(
      ({ status }) => String(status),
      (error: unknown) => {
        errors.push(error)
        return describe(error)
      },
    )
  const send = () =>
    load === 'a stream body'
      ? client.fetch(`${account.url}thing`, { method: 'POST', body: streamOf('all of it'), duplex: 'half' })
      : client.fetch(`${account.url}thing`)
  const underWay = createDeferred()
  client.session.on('refresh-started', () => underWay.resolve())
  const renewal =
    accessToken === 'valid'
      ? client.session.refresh().then(
          () => 'renewed',
          (error: unknown) => {
            errors.push(error)
            return describe(error)
          },
        )
      : Promise.resolve(null)
  // It is not begun in the task of the call: what is sent before would meet no refresh.
  if (accessToken === 'valid') await withinBounds(underWay.promise, done)
  const sends = Array.from({ length: count }, () => outcomeOf(send()))
  const [refreshed, ...outcomes] = await withinBounds(Promise.all([renewal, ...sends]), done)
  // A stream's 401 is returned at once, and the refresh goes on behind it.
  if (load === 'a stream body' && accessToken === 'rejected')
    await withinBounds(
      client.session.refresh().catch(() => {}),
      done,
    )
  if (ended.length > 0) await afterLogins(() => counts().logins)
  const found = { ...counts(), session: ended.length > 0 ? `ended: ${ended.join()}` : client.session.status }
  const waits = errors.map(error => (isLatchkeyError(error) && 'retryAfterMs' in error ? error.retryAfterMs : 0))
  const retryAfterMs = Math.max(0, ...waits)

  await heal()
  const triesAgain = found.session === 'signed-in' && load === 'one request' && accessToken === 'expired' && !isOnce
  const isRecovered = triesAgain && retryAfterMs < 3000 ? await recovers(send) : null
  client.dispose()
  const { tokenRequests: arrived, reuses } = await account.seen()
  return {
    ...options,
    ...found,
    outcomes: [...new Set(outcomes.map(String))].sort(),
    refreshed,
    reuses,
    isResent: arrived > counts().tokenRequests,
    retryAfterMs,
    isRecovered,
  }
}
