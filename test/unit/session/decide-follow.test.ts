import { describe, expect, test } from 'vitest'
import { decideFollow, type Follow, type FollowFacts } from '../../../src/session/decide-follow.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { initialState, type SessionState } from '../../../src/session/state.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const alice = credentialsOf({ subject: 'alice' })
const newer = credentialsOf({ subject: 'alice', accessToken: 'access-2', refreshToken: 'refresh-2' })
const elsewhere = credentialsOf({ subject: 'alice', accessToken: null, refreshToken: null, tokensElsewhere: true })

const signedIn: SessionState = {
  ...initialState,
  status: 'signed-in',
  sessionId: 'main',
  epoch: 1,
  credentials: alice,
}
const asking: SessionState = { ...signedIn, status: 'reauthenticating' }
const signedOut: SessionState = { ...initialState, status: 'signed-out', sessionId: 'over', endReason: 'signed-out' }

interface Case extends Partial<FollowFacts> {
  /** `null`: the store holds no record. */
  readonly record?: Partial<StoredRecord> | null
}

/** Alice is signed in here, and the record says the same, unless a case says otherwise. */
const decide = ({ record = {}, state = signedIn, isAmbient = false, asksLogin = false }: Case) =>
  decideFollow(record && storedRecord({ sessionId: 'main', credentials: alice, ...record }), {
    state,
    isAmbient,
    asksLogin,
  })

const stay = { kind: 'stay' } as const
const leave = (sessionId: string | null, reason: Extract<Follow, { kind: 'leave' }>['reason']) =>
  ({ kind: 'leave', sessionId, reason }) as const
const takeOver = (content: object) => ({ kind: 'take-over', content })

describe('decideFollow: what a page does with the record that its store holds', () => {
  test.each<[string, Case, object]>([
    ['The same credentials: nothing', {}, stay],
    ['The same credentials with a lease: nothing', { record: { failures: 2 } }, stay],
    [
      'A newer generation: it is taken over',
      { record: { generation: 1, credentials: newer } },
      takeOver({ generation: 1, credentials: newer }),
    ],
    [
      'A lower generation with other credentials (a sign-in that missed a refresh): it is taken over',
      { state: { ...signedIn, generation: 3 }, record: { credentials: newer } },
      takeOver({ generation: 0, credentials: newer }),
    ],
    [
      'Another access token beside the same refresh token: it is taken over',
      { record: { credentials: { ...alice, accessToken: 'access-2' } } },
      takeOver({ credentials: { accessToken: 'access-2' } }),
    ],
    [
      'Another refresh token beside the same access token: it is taken over',
      { record: { credentials: { ...alice, refreshToken: 'refresh-2' } } },
      takeOver({ credentials: { refreshToken: 'refresh-2' } }),
    ],
    [
      'A newer generation that was rejected, in a tab that is in the session: it is taken over',
      { record: { generation: 1, credentials: newer, rejected: true } },
      takeOver({ generation: 1, rejected: true }),
    ],
    ['Another session: it is taken over', { record: { sessionId: 'other' } }, takeOver({ sessionId: 'other' })],
  ])('Signed in. %s', (_title, facts, expected) => {
    expect(decide(facts)).toMatchObject(expected)
  })

  test.each<[string, Case, object]>([
    [
      'A signed-out record: the session ends, with its reason',
      { record: { sessionId: 'over', credentials: null, endedBy: 'refresh-rejected' } },
      leave('over', 'refresh-rejected'),
    ],
    [
      'A signed-out record without a reason (a tab started over a wiped storage): as without a record',
      { record: { sessionId: 'over', credentials: null } },
      leave('over', 'signed-out'),
    ],
    [
      'The same session, signed out: the session ends',
      { record: { credentials: null, endedBy: 'expired' } },
      leave('main', 'expired'),
    ],
    ['No record any more: the user signed out elsewhere', { record: null }, leave(null, 'signed-out')],
  ])('Signed in. %s', (_title, facts, expected) => {
    expect(decide(facts)).toEqual(expected)
  })

  test.each<[string, Case, object]>([
    ['No record: nothing', { record: null }, stay],
    ['The same signed-out record: nothing', { record: { sessionId: 'over', credentials: null } }, stay],
    [
      'Another signed-out record: its session id is the current one',
      { record: { sessionId: 'next', credentials: null, endedBy: 'expired' } },
      leave('next', 'expired'),
    ],
    [
      'Another signed-out record, while a login dialog is open here: the dialog stays open',
      {
        state: { ...signedOut, status: 'reauthenticating' },
        asksLogin: true,
        record: { sessionId: 'next', credentials: null },
      },
      stay,
    ],
    ['A user signed in elsewhere: the session is taken over', {}, takeOver({ sessionId: 'main' })],
    ['A session that was rejected: it is left to the tabs that are in it', { record: { rejected: true } }, stay],
    [
      'A session that was rejected, while a login dialog is open here: the dialog stays open',
      { state: { ...signedOut, status: 'reauthenticating' }, asksLogin: true, record: { rejected: true } },
      stay,
    ],
    [
      'A session that is no longer rejected, while a login dialog is open here: it is taken over',
      { state: { ...signedOut, status: 'reauthenticating' }, asksLogin: true },
      takeOver({ sessionId: 'main' }),
    ],
    [
      'A user whose token is in another tab: the session is taken over',
      { isAmbient: true, record: { credentials: elsewhere } },
      takeOver({ credentials: elsewhere }),
    ],
  ])('Signed out. %s', (_title, facts, expected) => {
    expect(decide({ state: signedOut, ...facts })).toMatchObject(expected)
  })

  test.each<[string, Case, object]>([
    ['No record: no user is signed in, and nothing has ended', { record: null }, leave(null, null)],
    [
      'A signed-out record: no user is signed in',
      { record: { sessionId: 'over', credentials: null, endedBy: 'signed-out' } },
      leave('over', 'signed-out'),
    ],
    ['A user: the session is restored', {}, takeOver({ sessionId: 'main' })],
    ['In an ambient mode, no record: the server is asked first', { isAmbient: true, record: null }, stay],
    [
      'In an ambient mode, a signed-out record: the server is asked first',
      { isAmbient: true, record: { credentials: null } },
      stay,
    ],
    [
      'In an ambient mode, a user without a token: the server is asked first',
      { isAmbient: true, record: { credentials: elsewhere } },
      stay,
    ],
    ['In an ambient mode, a user with a token: the session is restored', { isAmbient: true }, takeOver({})],
  ])('Not known yet. %s', (_title, facts, expected) => {
    expect(decide({ state: initialState, ...facts })).toMatchObject(expected)
  })

  test.each<[string, Case, object]>([
    ['Tokens in another tab: this page keeps its own', { record: { generation: 1, credentials: elsewhere } }, stay],
    [
      'Tokens in another tab, after a login dialog was closed here: this page keeps its own',
      { asksLogin: true, record: { generation: 1, credentials: elsewhere } },
      stay,
    ],
    [
      'Tokens in another tab, while a login dialog is open here: the user has answered it there',
      { state: asking, asksLogin: true, record: { generation: 1, credentials: elsewhere } },
      takeOver({ generation: 1 }),
    ],
    [
      'Tokens in another tab, while a step-up dialog is open here: this page keeps its own',
      { state: asking, record: { generation: 1, credentials: elsewhere } },
      stay,
    ],
    [
      'Tokens in another tab, still rejected, while a login dialog is open here: this page keeps its own',
      { state: asking, asksLogin: true, record: { generation: 1, credentials: elsewhere, rejected: true } },
      stay,
    ],
    [
      'Tokens in another tab, of another session: it is taken over',
      { record: { sessionId: 'other', credentials: elsewhere } },
      takeOver({ sessionId: 'other' }),
    ],
  ])('Signed in, in a cookie mode. %s', (_title, facts, expected) => {
    expect(decide({ isAmbient: true, ...facts })).toMatchObject(expected)
  })
})
