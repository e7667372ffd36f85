import { PerformanceObserver } from 'node:perf_hooks'
import { expect, onTestFinished, test, vi } from 'vitest'
import { userTiming } from '../../../src/observe/user-timing.ts'
import { createStage, stageOrigin } from '../../support/stage.ts'

interface Entry {
  readonly entryType: string
  readonly name: string
  readonly detail?: { readonly devtools?: { readonly track?: string; readonly dataType?: string } }
}

test('userTiming writes sends, waits, calls and refreshes to their tracks, without a query, and leaves the buffer empty', async () => {
  const seen: Entry[] = []
  const observer = new PerformanceObserver(list => void seen.push(...(list.getEntries() as Entry[])))
  observer.observe({ entryTypes: ['measure', 'mark'] })
  onTestFinished(() => observer.disconnect())
  const { client, signIn, refuseAll } = createStage({ baseUrl: stageOrigin, retry: 0 })
  const stop = userTiming().observe(client)
  await signIn({ subject: 'mira' })
  refuseAll()
  await client.get('notes?key=hush')
  stop()
  await client.get('later')
  await vi.waitFor(() => expect(seen).toHaveLength(6))
  const told = seen.map(({ name, detail }) => `${detail?.devtools?.track ?? detail?.devtools?.dataType} ${name}`)
  expect(told.sort()).toEqual([
    'Refreshes latchkey: token refresh',
    'Requests latchkey: GET https://api.test/notes',
    'Requests latchkey: GET https://api.test/notes replayed',
    'Requests latchkey: GET https://api.test/notes sent',
    'Requests latchkey: GET https://api.test/notes wait for refresh',
    'marker latchkey: signed in',
  ])
  expect(performance.getEntries().filter(({ name }) => name.startsWith('latchkey'))).toEqual([])
})

test.each([
  ['a user', async () => ({ accessToken: 'restored', subject: 'mira' })],
  ['no user', async () => null],
])('userTiming measures the refresh at the start of a page that finds %s', async (_, refresh) => {
  const measure = vi.spyOn(performance, 'measure')
  const stage = createStage({ strategy: { ambient: true } })
  stage.refresh(refresh)
  onTestFinished(userTiming().observe(stage.client))
  await stage.client.session.ready()
  expect(measure.mock.calls.map(([name]) => name)).toEqual(['latchkey: token refresh'])
})
