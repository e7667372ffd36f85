import { setTimeout as delay } from 'node:timers/promises'
import type { RequestListener } from './listener.ts'

/** What the authorization server suffers from. */
export const faultModes = ['none', 'offline', 'unavailable', 'slow', 'garbage'] as const
export type FaultMode = (typeof faultModes)[number]

export interface FaultSwitch {
  mode: FaultMode
  /** Exchanges that were answered by a fault instead of the server. */
  readonly faulted: number
  readonly wrap: (listener: RequestListener) => RequestListener
}

export interface FaultOptions {
  /** Whose scripts may read the broken answers; without that every fault would look like the network's. */
  readonly pageOrigin: string
  /** How long an exchange takes on a good day, so that an eye can follow it. */
  readonly exchangeMs: number
  readonly slowMs: number
}

/** Stands before the authorization server and breaks it on demand. */
export function createFaultSwitch({ pageOrigin, exchangeMs, slowMs }: FaultOptions): FaultSwitch {
  let faulted = 0
  const state: FaultSwitch = {
    mode: 'none',
    get faulted() {
      return faulted
    },
    wrap: listener => async (request, response) => {
      const isExchange = request.method === 'POST' && request.url === '/token'
      const mode = state.mode
      if (mode === 'none' || mode === 'slow') {
        if (isExchange) await delay(mode === 'slow' ? slowMs : exchangeMs)
        return listener(request, response)
      }
      if (isExchange) faulted += 1
      if (mode === 'offline') return void request.socket.destroy()
      if (isExchange) await delay(exchangeMs / 2)
      response.setHeader('Access-Control-Allow-Origin', pageOrigin)
      response.setHeader('Access-Control-Expose-Headers', 'Retry-After')
      response.setHeader('Cache-Control', 'no-store')
      if (mode === 'unavailable') return void response.writeHead(503, { 'Retry-After': '3' }).end()
      // 200 and HTML, as the sign-in page of a hotel's network answers anything.
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
      response.end(
        '<!doctype html><title>Welcome</title><h1>Welcome to the hotel</h1><p>Accept our terms to go online.</p>',
      )
    },
  }
  return state
}
