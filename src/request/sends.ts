import { createListeners, type Listeners } from '../session/events.ts'
import type { RequestContext } from './request-context.ts'

/** One send and its response, as it goes to the network. It has tokens, so it is no event, and only this package can reach it. */
export interface Send {
  readonly context: RequestContext
  readonly outgoing: RequestInit
  /** Which header carries credentials. */
  readonly header: string
  readonly response: Promise<Response>
}

export type Sends = Listeners<Send>

export const createSends = (): Sends => createListeners()
