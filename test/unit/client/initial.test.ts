import { createClient, memoryStore, type SessionEvents, type SessionSnapshot } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { describe, expect, test } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createStage, type StageOptions } from '../../support/stage.ts'

const alice = { subject: 'alice', claims: { sub: 'alice', name: 'Alice' } }
const shape = ({ status, subject, claims, epoch }: SessionSnapshot) => ({ status, subject, claims, epoch })
const asAlice = { status: 'signed-in', subject: 'alice', claims: alice.claims, epoch: 1 }

/** A page that was rendered for alice, over a store in which that one is signed in. */
async function openPage(stored: string | null, options: StageOptions = {}) {
  const kept = { store: memoryStore(), sessionName: 'one' }
  if (stored) await createStage(kept).signIn({ subject: stored })
  const stage = createStage({ ...kept, initial: alice, ...options })
  const seen = [shape(stage.client.session.getSnapshot())]
  stage.client.session.subscribe(() => seen.push(shape(stage.client.session.getSnapshot())))
  const told: Pick<SessionEvents['ended'], 'reason' | 'subject'>[] = []
  stage.client.session.on('ended', ({ reason, subject }) => told.push({ reason, subject }))
  return { ...stage, session: stage.client.session, seen, told }
}

describe('initial', () => {
  test('is what the session shows before anything was read, and what the server rendered', async () => {
    const { session } = await openPage(null)
    expect(shape(session.getSnapshot())).toEqual(asAlice)
    expect(session.status).toBe('signed-in')
    expect(session.getSnapshot()).toBe(session.getServerSnapshot())
  })

  test('null means signed out; left out, the status is unknown', () => {
    const statusOf = (initial?: null) => createClient({ baseUrl: 'https://api.test/', initial }).session.status
    expect([statusOf(null), statusOf()]).toEqual(['signed-out', 'unknown'])
  })

  test('is an option of createAuthenticatedFetch, too', () => {
    const { session } = createAuthenticatedFetch({ baseUrl: 'https://api.test/', initial: alice })
    expect(shape(session.getSnapshot())).toEqual(asAlice)
  })

  test('takes the subject from the claims, and a number as text', () => {
    const subjectOf = (initial: object) => createClient({ initial }).session.getSnapshot().subject
    expect([subjectOf({ claims: { sub: 'alice' } }), subjectOf({ subject: 7 })]).toEqual(['alice', '7'])
  })

  test('goes on without a change of epoch where the store has a session of the same user', async () => {
    const { session, seen, told } = await openPage('alice')
    const { epoch, subject, status } = await session.ready()
    expect({ epoch, subject, status }).toEqual({ epoch: 1, subject: 'alice', status: 'signed-in' })
    expect({ changes: seen.length - 1, told }).toEqual({ changes: 1, told: [] })
    expect(session.getServerSnapshot()).not.toBe(session.getSnapshot())
  })

  test('becomes "signed-out" if the store has no session, with an event, so that caches are cleared', async () => {
    const { session, seen, told } = await openPage(null)
    await session.ready()
    expect({ seen, told }).toEqual({
      seen: [asAlice, { status: 'signed-out', subject: null, claims: null, epoch: 2 }],
      told: [{ reason: 'signed-out', subject: 'alice' }],
    })
  })

  test("becomes another user's session in one step, with nothing of the first user", async () => {
    const { session, seen, told } = await openPage('bob')
    await session.ready()
    expect({ seen, told }).toEqual({
      seen: [asAlice, { status: 'signed-in', subject: 'bob', claims: null, epoch: 2 }],
      told: [{ reason: 'replaced', subject: 'alice' }],
    })
  })

  test('null becomes a session where the store has one', async () => {
    const { session, seen } = await openPage('bob', { initial: null })
    await session.ready()
    expect(seen.map(({ status, epoch }) => [status, epoch])).toEqual([
      ['signed-out', 0],
      ['signed-in', 1],
    ])
  })

  test.each([
    ['alice', 1, []],
    ['bob', 2, [{ reason: 'replaced', subject: 'alice' }]],
  ])('a sign-in of %s before the store was read has the epoch %i', async (subject, epoch, expected) => {
    const { session, signIn, told } = await openPage(null)
    await signIn({ subject })
    expect({ subject: session.getSnapshot().subject, epoch: session.getSnapshot().epoch, told }).toEqual({
      subject,
      epoch,
      told: expected,
    })
  })

  test('a sign-out before the store was read ends it', async () => {
    const { session, told } = await openPage('alice')
    await session.signOut()
    expect({ shown: shape(session.getSnapshot()), told }).toEqual({
      shown: { status: 'signed-out', subject: null, claims: null, epoch: 2 },
      told: [{ reason: 'signed-out', subject: 'alice' }],
    })
  })
})

describe('with initial, and no token yet', () => {
  const ambient = { strategy: { ambient: true } }

  test('requests and getAccessToken() wait for the refresh, and then have a token', async () => {
    const { client, clock, refresh, issue, sends, session } = await openPage(null, ambient)
    const asked = createDeferred<ReturnType<typeof issue>>()
    refresh(() => asked.promise)
    const [request, token] = [client.get('todos'), session.getAccessToken()]
    await clock.settle()
    expect({ sends, shown: shape(session.getSnapshot()) }).toEqual({ sends: [], shown: asAlice })
    asked.resolve(issue({ subject: 'alice' }))
    await request
    expect(sends.map(send => send.token)).toEqual([await token])
  })

  test('ready() waits for the refresh, and a session that is over becomes "signed-out"', async () => {
    const { refresh, session, logins, told } = await openPage(null, ambient)
    refresh(async () => null)
    const { status, subject } = await session.ready()
    expect({ status, subject, logins, told }).toEqual({
      status: 'signed-out',
      subject: null,
      logins: [],
      told: [{ reason: 'signed-out', subject: 'alice' }],
    })
  })

  test('the page stays as the server rendered it while the refresh is unavailable', async () => {
    const { refresh, session, clock, seen } = await openPage(null, ambient)
    refresh(async () => {
      throw new Response(null, { status: 503, headers: { 'retry-after': '60' } })
    })
    const ready = session.ready()
    await clock.advance(20_000)
    expect([shape(await ready), ...seen]).toEqual([asAlice, asAlice])
  })
})

describe('a wrong initial is rejected with what to write', () => {
  const jwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.x'
  test.each([
    [{ subject: 'alice', accessToken: 'secret' }, 'initial.accessToken', 'no token: it would be'],
    [{ subject: 'alice', refresh_token: 'secret' }, 'initial.refresh_token', 'no token: it would be'],
    [{ subject: 'alice', token: jwt }, 'initial.token', 'no token: it would be'],
    [{ subject: 'alice', claims: { id_token: 'secret' } }, 'initial.claims.id_token', 'no token: it would be'],
    [{ subject: 'alice', claims: { jwt } }, 'initial.claims.jwt', 'no token: it would be'],
    [{ subject: 'alice', name: 'Alice' }, 'initial.name', '{ subject, claims }'],
    [{ claims: { name: 'Alice' } }, 'initial.subject', "the user's id"],
    [{}, 'initial.subject', "the user's id"],
    ['alice', 'initial.0', '{ subject, claims }'],
    [
      { subject: 'alice', claims: { user: { accessToken: 'secret' } } },
      'initial.claims.accessToken',
      'no token: it would be',
    ],
    [{ subject: 'alice', claims: { list: ['plain', jwt] } }, 'initial.claims.1', 'no token: it would be'],
    [{ subject: {} }, 'initial.subject', "the user's id"],
    [{ subject: true }, 'initial.subject', "the user's id"],
    [{ subject: 2 ** 60 }, 'initial.subject', "the user's id"],
  ])('%j', (initial, option, instead) => {
    const make = () => createClient({ initial: initial as never })
    expect(make).toThrow(expect.objectContaining({ code: 'configuration', option }))
    expect(make).toThrow(instead)
    expect(make).not.toThrow(/secret|eyJ/)
  })
})

test('initial with claims that are not JSON is rejected with the name of the option', () => {
  const make = () => createClient({ initial: { subject: 'alice', claims: { id: 1n } } })
  expect(make).toThrow(expect.objectContaining({ code: 'configuration', option: 'initial.claims' }))
})

test('two clients in one process, as on a server with two visitors, show what each was given', () => {
  const clientOf = (subject: string) => createClient({ baseUrl: 'https://api.test/', initial: { subject } })
  const subjects = ['alice', 'bob'].map(clientOf).map(({ session }) => session.getServerSnapshot().subject)
  expect(subjects).toEqual(['alice', 'bob'])
})
