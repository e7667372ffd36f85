import type { ServerResponse } from 'node:http'
import { createDeferred } from './deferred.ts'
import { type Answer, begin, json, type ReceivedRequest, send } from './http-messages.ts'

/** What comes instead of the answer. */
export type Fault =
  /** The connection breaks before a byte of it. */
  | { readonly kind: 'lost' }
  /** Headers and half of the body, then the connection breaks. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'hang-in-headers' }
  /** Headers and half of the body, then nothing more. */
  | { readonly kind: 'hang-in-body' }
  /** Somebody else's page of HTML, with status 200. */
  | { readonly kind: 'captive-portal' }
  /** Says it is JSON, and is not. */
  | { readonly kind: 'garbage' }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Answer['headers']; readonly body?: string }
  /** 307: asks the browser to send the same body there. */
  | { readonly kind: 'redirect'; readonly location: string }

/** Whether the server has acted on the request (a token was rotated) when the fault strikes. */
export type FaultPoint = 'before-handling' | 'after-handling'

export interface FaultOptions {
  /** @default 'before-handling' */
  readonly at?: FaultPoint
  /** How many requests it concerns; those after it are answered as ever. @default 1 */
  readonly times?: number
  /** @default any path */
  readonly path?: string
}

/** Where requests stand until the test lets them go. */
export interface Gate {
  /** Resolves when that many requests have come here in all. @default 1 */
  reached(count?: number): Promise<void>
  /** Lets the one go that has waited longest. */
  releaseOne(fault?: Fault): void
  /** Lets all go that wait, and catches no more. */
  open(fault?: Fault): void
}

export interface Faults {
  hold(options?: FaultOptions): Gate
  fail(fault: Fault, options?: FaultOptions): void
  /** Nothing is caught any more; who waits at a gate goes on waiting for it. */
  clear(): void
  /** Answers with what `handle` gives, unless the test wanted something else. */
  answer(request: ReceivedRequest, response: ServerResponse, handle: () => Answer): Promise<void>
}

interface Trap {
  readonly at: FaultPoint
  readonly path: string | undefined
  timesLeft: number
  readonly spring: () => Promise<Fault | undefined>
}

const captivePortal: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Welcome</title><p>Please accept the terms of this network.</p>',
}
const garbage: Answer = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"accessToken":' }

/** Spoils an answer. What hangs is ended by the client, or when the server closes. */
const strike = (response: ServerResponse, fault: Fault, answer: Answer): void => {
  const half = Math.ceil(Buffer.byteLength(answer.body ?? '') / 2)
  switch (fault.kind) {
    case 'lost':
      response.destroy()
      return
    case 'truncated':
      begin(response, answer, half)
      // The bytes have to leave before the connection breaks, or the client sees it as lost.
      setImmediate(() => response.destroy())
      return
    case 'hang-in-body':
      begin(response, answer, half)
      return
    case 'hang-in-headers':
      return
    case 'captive-portal':
      send(response, captivePortal)
      return
    case 'garbage':
      send(response, garbage)
      return
    case 'status':
      send(response, { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' })
      return
    case 'redirect':
      send(response, { status: 307, headers: { location: fault.location } })
  }
}

const createGate = (): { gate: Gate; arrive: Trap['spring']; onOpen: (callback: () => void) => void } => {
  const line: ((fault: Fault | undefined) => void)[] = []
  const watchers: { readonly count: number; readonly resolve: () => void }[] = []
  let arrivals = 0
  let close = () => {}
  const gate: Gate = {
    reached: (count = 1) => {
      const { promise, resolve } = createDeferred()
      if (arrivals >= count) resolve()
      else watchers.push({ count, resolve })
      return promise
    },
    releaseOne: fault => {
      const go = line.shift()
      if (!go) throw new Error('Nobody waits at this gate')
      go(fault)
    },
    open: fault => {
      close()
      for (const go of line.splice(0)) go(fault)
    },
  }
  const arrive = () => {
    const { promise, resolve } = createDeferred<Fault | undefined>()
    line.push(resolve)
    arrivals += 1
    for (const watcher of watchers) if (watcher.count <= arrivals) watcher.resolve()
    return promise
  }
  const onOpen = (callback: () => void) => {
    close = callback
  }
  return { gate, arrive, onOpen }
}

/** Holds and spoils answers as a test says; what is set first strikes first. */
export const createFaults = (): Faults => {
  const traps = new Set<Trap>()

  const set = ({ at = 'before-handling', times = 1, path }: FaultOptions, spring: Trap['spring']): Trap => {
    const trap = { at, path, timesLeft: times, spring }
    traps.add(trap)
    return trap
  }

  const take = (path: string): Trap | undefined => {
    for (const trap of traps) {
      if (trap.path !== undefined && trap.path !== path) continue
      trap.timesLeft -= 1
      if (trap.timesLeft <= 0) traps.delete(trap)
      return trap
    }
    return undefined
  }

  return {
    hold: (options = {}) => {
      const { gate, arrive, onOpen } = createGate()
      const trap = set(options, arrive)
      onOpen(() => traps.delete(trap))
      return gate
    },
    fail: (fault, options = {}) => void set(options, async () => fault),
    clear: () => traps.clear(),
    answer: async (request, response, handle) => {
      const trap = take(request.path)
      if (trap?.at === 'before-handling') {
        const fault = await trap.spring()
        if (fault) return strike(response, fault, json(200, { note: 'half of this is all that comes' }))
      }
      const answer = handle()
      const fault = trap?.at === 'after-handling' ? await trap.spring() : undefined
      return fault ? strike(response, fault, answer) : send(response, answer)
    },
  }
}
