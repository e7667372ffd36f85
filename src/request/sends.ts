import { createListeners, type Listeners } from '../session/events.ts'
import type { RequestContext } from './request-context.ts'

/** One send and its response, as it goes to the network: it has the token, so it is for this package alone and no event. */
export interface Send {
  readonly context: RequestContext
  readonly outgoing: RequestInit
  /** Which header carries credentials. */
  readonly header: string
  readonly response: Promise<Response>
}

export type Sends = Listeners<Send>

export const createSends = (): Sends => createListeners()

/** Where a session shows what its client sends. Registered, so that another copy of the package finds it too. */
export const sendsOf: unique symbol = Symbol.for('latchkey.sends')

export interface WithSends {
  readonly [sendsOf]?: Sends
}
