import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Api } from './api.ts'
import type { AuthorizationServer } from './authorization-server.ts'
import { type FaultSwitch, faultModes } from './faults.ts'

export interface ControlledParts {
  readonly pageOrigin: string
  readonly authorizationServer: AuthorizationServer
  readonly faults: FaultSwitch
  readonly api: Api
}

/** What the two servers saw, to hold against what the page says. */
export interface ServerCounters {
  readonly apiRequests: number
  readonly apiRefusals: number
  readonly exchanges: number
  readonly refusedExchanges: number
  readonly faultedExchanges: number
  readonly reusedRefreshTokens: number
  readonly fault: string
}

export interface Controls {
  readonly counters: () => ServerCounters
  /** Answers `undefined` for what is not a control. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => Promise<void> | undefined
}

/** `POST /control/…` from the page itself: break things, mend them, and count. */
export function createControls({ pageOrigin, authorizationServer, faults, api }: ControlledParts): Controls {
  const counters = (): ServerCounters => ({
    apiRequests: api.counters.requests,
    apiRefusals: api.counters.refused,
    exchanges: authorizationServer.counters.exchanges,
    refusedExchanges: authorizationServer.counters.refused,
    faultedExchanges: faults.faulted,
    reusedRefreshTokens: authorizationServer.counters.reused,
    fault: faults.mode,
  })

  const actions: Readonly<Record<string, () => void | Promise<void>>> = {
    counters: () => {},
    expire: authorizationServer.withdrawAccessTokens,
    revoke: authorizationServer.revokeEverything,
    ...Object.fromEntries(
      faultModes.map(mode => [
        `fault/${mode}`,
        () => {
          faults.mode = mode
        },
      ]),
    ),
  }

  const answer = async (action: () => void | Promise<void>, request: IncomingMessage, response: ServerResponse) => {
    // Only the page may pull these: another site's form has another origin.
    if (request.method !== 'POST' || request.headers.origin !== pageOrigin) return void response.writeHead(403).end()
    await action()
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    response.end(JSON.stringify(counters()))
  }

  return {
    counters,
    listener: (request, response) => {
      const name = /^\/control\/([\w/-]+)$/.exec(request.url ?? '')?.[1]
      const action = name === undefined ? undefined : actions[name]
      return action && answer(action, request, response)
    },
  }
}
