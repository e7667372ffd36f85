import { RefreshUnavailableError, SessionEndedError } from '../errors.ts'
import { isHidden } from '../platform/page.ts'
import type { Flight } from '../refresh/flight.ts'
import type { Journey } from './journey.ts'
import { type SpinePorts, targetOf } from './spine-ports.ts'
import { land, stay, wait } from './waiting.ts'

/**
 * What a request waits for before it is sent: the table of token states (docs/architecture). `undefined`: nothing, so that
 * a request with a good token costs no promise. Rejects if it is not to be sent.
 */
export function prepare(journey: Journey, ports: SpinePorts): Promise<unknown> | undefined {
  const stale = journey.once === 'keepalive' ? undefined : ports.fresh()
  return stale ? afterwards(journey, ports, stale) : decide(journey, ports)
}

async function afterwards(journey: Journey, ports: SpinePorts, stale: Promise<void>): Promise<void> {
  const { credentials, session } = ports.session.state
  if (credentials) journey.session ??= session
  await wait(stale, 'store', journey, ports)
  if (ports.isOver()) throw new SessionEndedError('disposed')
  await decide(journey, ports)
}

function decide(journey: Journey, ports: SpinePorts): Promise<unknown> | undefined {
  const { session, refresher, login, ageOf } = ports
  const { state } = session
  if (state.status === 'unknown' && journey.once !== 'keepalive') return start(journey, ports)
  // Begun while a dialog is open: the dialog's own form must not wait for itself.
  journey.bare = !state.credentials || login.asking?.kind === 'login'
  if (state.credentials) journey.session ??= state.session
  // Asked for by one person, and by now it would be sent as another, or as nobody.
  if (journey.session !== null) stay(ports, journey)
  if (journey.bare || journey.once === 'keepalive') return undefined
  const audience = ports.strategy.audienceOf?.(journey.url.origin)
  const flight = refresher.flightOf(audience)
  const age = ageOf(audience)
  if (flight?.blocks) return board(journey, ports, flight)
  if (age === 'good') return undefined
  if (age === 'expiring') return makeFresh(journey, ports, flight, audience)
  const outage = flight ? null : refresher.outage()
  if (outage) return Promise.reject(new RefreshUnavailableError(outage))
  return board(journey, ports, refresher.start('expired', audience))
}

function board(journey: Journey, ports: SpinePorts, flight: Flight): Promise<unknown> {
  ports.login.note(targetOf(journey))
  return land(ports, flight, journey)
}

/** A due token is used while it is renewed; only a body that can be sent but once waits for the better one. */
function makeFresh(
  journey: Journey,
  ports: SpinePorts,
  running: Flight | null,
  audience: string | undefined,
): Promise<unknown> | undefined {
  const { refresher } = ports
  if (!running && (isHidden() || refresher.hindrance())) return undefined
  const flight = running ?? refresher.start('expiring', audience)
  if (journey.once !== 'one-shot-body') return undefined
  return board(journey, ports, flight).catch(error => {
    if (!isUnavailable(error)) throw error
  })
}

const isUnavailable = (error: unknown) => (error as Partial<RefreshUnavailableError>).code === 'refresh-unavailable'

/** Nobody knows yet whether anybody is signed in, and only the server can tell: ambient strategies. */
async function start(journey: Journey, ports: SpinePorts): Promise<void> {
  try {
    await board(journey, ports, ports.refresher.start('restore'))
  } catch (error) {
    const { code, reason } = error as Partial<SessionEndedError>
    const ended = code === 'session-ended' && reason !== 'disposed'
    if (!ended && !(journey.auth === 'optional' && isUnavailable(error))) throw error
  }
  const { credentials, session } = ports.session.state
  if (credentials) journey.session = session
  else journey.bare = true
}
