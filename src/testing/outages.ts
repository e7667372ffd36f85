import { check } from '../errors.ts'

/**
 * A failure of the server or the network.
 * - `'offline'`: a network error; the server is not reached
 * - `'lost'`: the server handles the request, and its response is lost
 * - `'hang'`: no response
 * - `'garbage'`: a 200 with truncated JSON
 * - `'html'`: a 200 with a page, as from a captive portal
 * - a number: that status
 */
export type Outage = 'offline' | 'lost' | 'hang' | 'garbage' | 'html' | number

/** Where something goes wrong: at the token endpoint, at the API, or at both. */
export type OutagePlace = 'token' | 'api' | 'all'

export interface Outages {
  set(how: Outage | null, where: OutagePlace, times: number): void
  /** What the server responds, if nothing is wrong there now. */
  pass(place: 'token' | 'api', respond: () => Promise<Response>): Promise<Response>
}

const bodies = {
  garbage: ['{"access_token":"eyJhbGci', 'application/json'],
  html: ['<!doctype html><title>Wi-Fi</title>', 'text/html'],
} as const

const isStatus = (how: unknown) => Number.isInteger(how) && Number(how) >= 200 && Number(how) < 600

function checkOutage(how: Outage | null, where: OutagePlace, times: number): void {
  const isKnown = how === null || /^(offline|lost|hang|garbage|html)$/.test(String(how)) || isStatus(how)
  check(isKnown, 'outage.how', "write 'offline', 'lost', 'hang', 'garbage', 'html', a status from 200 to 599, or null")
  check(/^(token|api|all)$/.test(where), 'outage.where', "write 'token', 'api' or 'all'")
  check(typeof times === 'number' && !Number.isNaN(times), 'outage.times', 'write a number')
}

export function createOutages(): Outages {
  const current: Partial<Record<'token' | 'api', { readonly how: Outage; timesLeft: number } | undefined>> = {}

  function take(place: 'token' | 'api'): Outage | null {
    const found = current[place]
    if (!found) return null
    found.timesLeft -= 1
    if (found.timesLeft <= 0) current[place] = undefined
    return found.how
  }
  return {
    set(how, where, times) {
      checkOutage(how, where, times)
      for (const place of ['token', 'api'] as const) {
        if (where === place || where === 'all')
          current[place] = how === null || times < 1 ? undefined : { how, timesLeft: times }
      }
    },
    async pass(place, respond) {
      const how = take(place)
      if (how === null) return respond()
      if (how === 'lost') await respond()
      if (how === 'offline' || how === 'lost') return Response.error()
      if (how === 'hang') return new Promise(() => {})
      if (typeof how === 'number') return new Response(null, { status: how })
      const [body, type] = bodies[how]
      return new Response(body, { headers: { 'content-type': type } })
    },
  }
}
