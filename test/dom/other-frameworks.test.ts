import { createClient } from 'latchkey'
import { html, LitElement } from 'lit'
import type { Subscription } from 'rxjs'
import { createEffect, createRoot } from 'solid-js'
import { expect, onTestFinished, test, vi } from 'vitest'
import { followSession } from '../../demo/recipes/others/lit.ts'
import { sessionOf } from '../../demo/recipes/others/rxjs.ts'
import { createSession } from '../../demo/recipes/others/solid.ts'
import { sessionStore } from '../../demo/recipes/others/svelte.ts'
import { watchSession } from '../support/watched-session.ts'

// Node is given Solid's build for servers, in which nothing is reactive.
vi.mock('solid-js', () => import('solid-js/dist/solid.js' as 'solid-js'))

const alice = { accessToken: 'access-of-alice', subject: 'alice' }

function start() {
  const client = createClient({ baseUrl: 'https://api.example.com/' })
  onTestFinished(client.dispose)
  return { client, watched: watchSession(client) }
}

/** Signs in and out, and expects to see it; stops, and expects nobody to listen. */
async function expectToFollow({ client, watched }: ReturnType<typeof start>, seen: string[], stop: () => void) {
  await vi.waitFor(() => expect(seen.at(-1)).toBe('signed-out'))
  await client.session.signIn(alice)
  await vi.waitFor(() => expect(seen.at(-1)).toBe('signed-in'))
  expect({ listeners: watched.listeners(), readies: watched.readies() }).toEqual({ listeners: 1, readies: 1 })
  stop()
  expect(watched.listeners()).toBe(0)
  expect(seen.filter((status, at) => status !== seen[at - 1])).toEqual(['unknown', 'signed-out', 'signed-in'])
}

test('the Svelte recipe is a store that follows the session while it has subscribers', async () => {
  const stage = start()
  const seen: string[] = []
  const stop = sessionStore(stage.watched).subscribe(({ status }) => seen.push(status))
  await expectToFollow(stage, seen, stop)
})

test('the Solid recipe is a signal that follows the session until its owner is disposed', async () => {
  const stage = start()
  const seen: string[] = []
  const dispose = createRoot(stop => {
    const session = createSession(stage.watched)
    createEffect(() => seen.push(session().status))
    return stop
  })
  await expectToFollow(stage, seen, dispose)
})

test('the RxJS recipe is an observable that begins with the current snapshot and follows the session', async () => {
  const stage = start()
  const seen: string[] = []
  const subscription: Subscription = sessionOf(stage.watched).subscribe(({ status }) => seen.push(status))
  expect(seen).toEqual(['unknown'])
  await expectToFollow(stage, seen, () => subscription.unsubscribe())
})

test('the Lit recipe renders the element again when the session changes, while it is in the page', async () => {
  const stage = start()
  const seen: string[] = []
  class UserStatus extends LitElement {
    session = followSession(this, stage.watched)
    override render() {
      const { status } = this.session.getSnapshot()
      seen.push(status)
      return html`${status}`
    }
  }
  customElements.define('user-status', UserStatus)
  const element = document.body.appendChild(new UserStatus())
  await expectToFollow(stage, seen, () => element.remove())
})
