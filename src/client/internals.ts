import type { ClientParts } from './wiring.ts'

// Made when first needed: nothing runs at import.
let clients: WeakMap<object, ClientParts> | undefined

/** For `latchkey/testing`, `explain` and `webview`, which reach a client's parts by its session. They are on no property: tokens must not be. */
export function registerParts(session: object, parts: ClientParts): void {
  clients ??= new WeakMap()
  clients.set(session, parts)
}

export const registeredParts = (session: object): ClientParts | undefined => clients?.get(session)
