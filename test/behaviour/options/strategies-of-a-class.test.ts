import { memoryStore, type RefreshContext, type RefreshStrategy } from 'latchkey'
import { expect, onTestFinished, test } from 'vitest'
import { createClientOn } from '../../../src/client/create-client.ts'
import { createControlledClock } from '../../support/clock.ts'
import { refusal, stageOrigin } from '../../support/stage.ts'

/** A strategy whose members are methods and getters of a class, and need their receiver. */
class OwnStrategy implements RefreshStrategy {
  readonly #audiences = new Map([
    ['https://files.test', 'files'],
    ['https://mail.test', 'mail'],
  ])
  readonly revoked: (string | undefined)[] = []
  #issued = 0
  get ambient() {
    return true
  }
  get cookie() {
    return undefined
  }
  async refresh({ audience = 'own' }: Pick<RefreshContext, 'audience'>) {
    this.#issued += 1
    return { accessToken: `${audience}-${this.#issued}`, subject: 'alice' }
  }
  audienceOf(origin: string) {
    return this.#audiences.get(origin)
  }
  id() {
    return `own ${this.#audiences.size}`
  }
  store() {
    return this.#issued ? memoryStore() : memoryStore()
  }
  revoke({ accessToken }: { readonly accessToken: string | undefined }) {
    this.revoked.push(accessToken)
  }
}

test('A strategy may be an instance of a class: its getters are read, and its methods have their receiver', async () => {
  const strategy = new OwnStrategy()
  const sent: string[] = []
  let rejects = true
  const client = createClientOn(
    { clock: createControlledClock() },
    {
      baseUrl: stageOrigin,
      retry: 0,
      refresh: strategy,
      trustedOrigins: ['https://files.test', 'https://mail.test'],
      fetch: async input => {
        const token = (input as Request).headers.get('authorization')?.slice('Bearer '.length)
        sent.push(`${new URL((input as Request).url).hostname} ${token}`)
        if (!rejects) return new Response('fine')
        rejects = false
        return refusal()
      },
    },
  )
  onTestFinished(client.dispose)
  expect((await client.session.ready()).status).toBe('signed-in')
  await client.fetch('https://files.test/a')
  await Promise.all(['https://mail.test/a', 'https://files.test/a', `${stageOrigin}/a`].map(url => client.fetch(url)))
  expect(sent).toEqual([
    'files.test files-2',
    'files.test files-3',
    'files.test files-3',
    'api.test own-1',
    'mail.test mail-4',
  ])
  await (await client.session.signOut()).revoked
  expect(strategy.revoked).toEqual(['own-1'])
})

test('Each of two audiences of such a strategy gets a token of its own, also if both are fetched at the same time', async () => {
  const tokens: (string | undefined)[] = []
  const client = createClientOn(
    { clock: createControlledClock() },
    {
      baseUrl: stageOrigin,
      retry: 0,
      refresh: new OwnStrategy(),
      trustedOrigins: ['https://files.test', 'https://mail.test'],
      fetch: async input => {
        tokens.push((input as Request).headers.get('authorization')?.slice('Bearer '.length))
        return new Response('fine')
      },
    },
  )
  onTestFinished(client.dispose)
  await client.session.ready()
  await Promise.all(['https://mail.test/a', 'https://files.test/a'].map(url => client.fetch(url)))
  expect(tokens).toEqual(['mail-2', 'files-3'])
})
