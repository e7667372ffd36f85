// Svelte: a readable store. In a component: `$session.status`.
import type { Client } from 'latchkey'
import { readable } from 'svelte/store'

/** @example export const session = sessionStore(api) */
export const sessionStore = ({ session }: Pick<Client, 'session'>) =>
  readable(session.getSnapshot(), set => {
    const follow = () => set(session.getSnapshot())
    session.ready().then(follow)
    return session.subscribe(follow)
  })
