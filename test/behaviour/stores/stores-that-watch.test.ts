import { describe, expect, test } from 'vitest'
import type { SessionStore } from '../../../src/session/session-store.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, outcomeOf } from '../../support/stage.ts'

/** Each has a session of its own name: what a test leaves under way holds the page's lock of that name. */
const open = (sessionName: string, watch: NonNullable<SessionStore['watch']>) =>
  createStage({ sessionName, store: Object.assign(createScriptedStore(), { watch }) })

/** Its `watch` calls back for every write, in that very task, also for those of the same page. */
const openEchoing = (sessionName: string) => {
  const inner = createScriptedStore()
  const watchers = new Set<() => void>()
  const echo = <Answer>(answer: Answer): Answer => {
    for (const changed of [...watchers]) changed()
    return answer
  }
  const store: SessionStore = {
    shared: true,
    read: name => inner.read(name),
    compareAndSet: (...write) => echo(inner.compareAndSet(...write)),
    overwrite: (...write) => echo(inner.overwrite(...write)),
    watch: (_name, changed) => {
      watchers.add(changed)
      return () => void watchers.delete(changed)
    },
  }
  return createStage({ sessionName, store })
}

describe('a store that fails to say when it has changed', () => {
  test('is emitted once, also if the listener uses the client', async () => {
    let watched = 0
    const { client, clock } = open('throws', () => {
      watched += 1
      throw new Error('broken')
    })
    let told = 0
    client.session.on('store-failed', () => {
      told += 1
      client.fetch('https://api.test/log', { method: 'POST', body: 'store-failed' }).catch(() => {})
    })
    await client.session.ready()
    await clock.settle()
    expect([watched, told]).toEqual([1, 1])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['is no function', 'stop' as never],
  ])('does not keep dispose() from rejecting waiting requests: its unsubscribe function %s', async (what, stop) => {
    const { client, clock, signIn, refresh, refuseAll } = open(`stop ${what}`, () => stop)
    await signIn()
    refuseAll()
    refresh(() => new Promise(() => {}))
    const waiting = client.fetch('https://api.test/x')
    waiting.catch(() => {})
    await clock.settle()
    client.dispose()
    expect(await outcomeOf(waiting, clock)).toMatchObject({ code: 'session-ended', reason: 'disposed' })
  })
})

test('LF-07: a store that still calls back after dispose() causes no read and no event', async () => {
  const store = createScriptedStore()
  let tell = () => {}
  const watch: SessionStore['watch'] = (_name, changed) => {
    tell = changed
    return () => {}
  }
  const { client, clock, signIn } = createStage({ sessionName: 'goes on', store: Object.assign(store, { watch }) })
  await signIn({ subject: 'alice' })
  await client.session.ready()
  client.dispose()
  const reads = store.calls.length
  store.content = null
  tell()
  await clock.advance(10)
  expect([store.calls.length - reads, client.session.status]).toEqual([0, 'signed-in'])
})

describe('a store that notifies of the page’s own writes, too', () => {
  test('does not make a refresh of this tab look like one of another', async () => {
    const { client, clock, signIn } = openEchoing('own refresh')
    await signIn({ subject: 'alice' })
    const tabs: string[] = []
    client.session.on('refreshed', ({ tab, cause }) => void tabs.push(`${tab} ${cause}`))
    await client.session.refresh()
    await clock.advance(10)
    expect(tabs).toEqual(['this manual'])
  })

  test('does not make a rejected refresh of this tab look like one of another: the event names this tab and the request', async () => {
    const { client, clock, signIn, refuseAll, refresh, logins } = openEchoing('own refusal')
    await signIn({ subject: 'alice' })
    refuseAll()
    refresh(async () => null)
    client.fetch('https://api.test/x').catch(() => {})
    await clock.settle()
    await clock.advance(10)
    expect(logins).toMatchObject([{ reason: 'refresh-rejected', tab: 'this', request: { url: 'https://api.test/x' } }])
  })
})
