// Lit: a controller that renders the element again when the session changes.
import type { Client } from 'latchkey'
import type { ReactiveControllerHost } from 'lit'

/** @example session = followSession(this, api) // and in render(): this.session.getSnapshot().status */
export function followSession(host: ReactiveControllerHost, { session }: Pick<Client, 'session'>): Client['session'] {
  let stop = () => {}
  host.addController({
    hostConnected() {
      stop = session.subscribe(() => host.requestUpdate())
      session.ready()
    },
    hostDisconnected: () => stop(),
  })
  return session
}
