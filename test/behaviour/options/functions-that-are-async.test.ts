import { type ClientOptions, cookieRefresh, cookieSession, createClient, memoryStore } from 'latchkey'
import { expect, onTestFinished, test } from 'vitest'

/** A client whose cookie endpoint answers with `answer`, or with a status. */
const open = (
  answer: object | number | null,
  options: (endpoint: { url: string; signOutUrl: false }) => ClientOptions,
) => {
  const sent: string[] = []
  const client = createClient({
    baseUrl: 'https://api.test/',
    store: memoryStore(),
    retry: 0,
    limits: { patienceMs: 0 },
    fetch: async input => {
      sent.push(new URL((input as Request).url ?? input).pathname)
      return typeof answer === 'number' ? new Response('', { status: answer }) : Response.json(answer)
    },
    ...options({ url: 'session', signOutUrl: false }),
  })
  onTestFinished(client.dispose)
  return { client, sent }
}
const later = <Value>(value: Value) => (async () => value) as never

test('An async `read` of cookieSession is awaited: a promise of no user signs nobody in', async () => {
  const { client } = open({}, endpoint => ({ refresh: cookieSession({ ...endpoint, read: later(null) }) }))
  expect((await client.session.ready()).status).toBe('signed-out')
})

test('An async `read` of cookieSession is awaited: its user is signed in', async () => {
  const read = later({ subject: 'ann' })
  const { client } = open({}, endpoint => ({ refresh: cookieSession({ ...endpoint, read }) }))
  expect(await client.session.ready()).toMatchObject({ status: 'signed-in', subject: 'ann' })
})

test('An async `isSignedOut` is awaited: a promise of `undefined` does not turn an outage into a sign-out', async () => {
  const isSignedOut = later(undefined)
  const { client } = open(503, endpoint => ({ refresh: cookieRefresh({ ...endpoint, isSignedOut }) }))
  expect((await client.session.ready()).status).toBe('unknown')
})

test('Async `headers` of a cookie endpoint, which would be lost, are refused, and nothing is sent', async () => {
  const headers = later({ 'X-CSRF-Token': 'x' })
  const { client, sent } = open({ accessToken: 'a' }, endpoint => ({
    refresh: cookieRefresh({ ...endpoint, headers }),
  }))
  await client.session.ready()
  const refreshing = client.session.refresh()
  await expect(refreshing).rejects.toThrow('`headers`: write a function that is not async')
  expect(sent).toEqual([])
})

test('Async `sendHeaders`, which would be lost, are refused, and nothing is sent', async () => {
  const { client, sent } = open({}, () => ({ sendHeaders: later({ 'X-CSRF-Token': 'x' }) }))
  await client.session.signIn({ accessToken: 'a' })
  await expect(client.get('me')).rejects.toMatchObject({ code: 'configuration', option: 'sendHeaders' })
  expect(sent).toEqual([])
})
