import { describe, expect, test } from 'vitest'
import type { Statement } from '../../../src/session/credentials.ts'
import {
  checkIdentity,
  continueIdentity,
  isSamePerson,
  isSurelySame,
  readStatements,
  readSubject,
} from '../../../src/session/identity.ts'

type Said = readonly [subject: string | null | undefined, issuer?: string | null]
type Named = Readonly<Partial<Record<'app' | 'idToken' | 'accessToken', Said>>>

const statement = ([subject, issuer = null]: Said = [null]): Statement => ({ issuer, subject })
const of = ({ app, idToken, accessToken }: Named, subject: string | null = null) => ({
  subject,
  statedBy: { app: statement(app), idToken: statement(idToken), accessToken: statement(accessToken) },
})

test.each([
  [undefined, null],
  [null, null],
  ['', null],
  ['alice', 'alice'],
  [0, '0'],
  [Number.MAX_SAFE_INTEGER, '9007199254740991'],
  [-Number.MAX_SAFE_INTEGER, '-9007199254740991'],
  [2 ** 53, undefined],
  [Number.NaN, undefined],
  [{}, undefined],
  [true, undefined],
])('The subject %j is read as %j', (value, subject) => {
  expect(readSubject(value)).toBe(subject)
})

test('Each source names the user and the issuer by its claims, and the app by its `subject` first', () => {
  const claims = { app: { sub: 'a', iss: 'A' }, idToken: { sub: 'b', iss: 7 as never }, accessToken: null }
  expect(readStatements('alice', claims)).toEqual(of({ app: ['alice', 'A'], idToken: ['b'] }).statedBy)
  expect(readStatements(null, claims)).toEqual(of({ app: ['a', 'A'], idToken: ['b'] }).statedBy)
})

describe('whether two sign-ins are of the same user', () => {
  test.each<[string, Named, Named, boolean | undefined, boolean]>([
    ['No source names a user', {}, {}, undefined, false],
    ['The same source names the same user', { idToken: ['1'] }, { idToken: ['1'] }, true, true],
    ['The same source names another user', { idToken: ['1'] }, { idToken: ['2'] }, false, false],
    ['Another source names the user', { idToken: ['1'] }, { accessToken: ['1'] }, undefined, false],
    [
      'The first source that both name decides, not a later one',
      { idToken: ['1'], accessToken: ['x'] },
      { idToken: ['1'], accessToken: ['y'] },
      true,
      true,
    ],
    [
      'A source that names none now is passed over',
      { accessToken: ['1'] },
      { idToken: ['1'], accessToken: ['2'] },
      false,
      false,
    ],
    ['The same subject of the same issuer', { idToken: ['1', 'A'] }, { idToken: ['1', 'A'] }, true, true],
    ['The same subject of another issuer', { idToken: ['1', 'A'] }, { idToken: ['1', 'B'] }, false, false],
    ['The issuer is named now only', { idToken: ['1', 'A'] }, { idToken: ['1'] }, true, true],
    ['The issuer was named before only', { idToken: ['1'] }, { idToken: ['1', 'A'] }, true, true],
    [
      'Another source names another issuer',
      { app: ['1'], idToken: [null, 'A'] },
      { app: ['1'], accessToken: [null, 'B'] },
      true,
      false,
    ],
    [
      'One of two issuers is the same',
      { app: ['1'], idToken: [null, 'A'], accessToken: [null, 'B'] },
      { app: ['1'], idToken: [null, 'A'] },
      true,
      true,
    ],
  ])('%s', (...arranged) => {
    const [, fresh, former, isSame, isSure] = arranged
    expect([isSamePerson(of(fresh), of(former)), isSurelySame(of(fresh), of(former))]).toEqual([isSame, isSure])
  })

  test.each([
    ['the same', 'alice', 'alice', true],
    ['another one', 'alice', 'bob', false],
    ['one, and none was known', 'alice', null, undefined],
    ['none', null, 'alice', undefined],
  ])('If no source has spoken twice, the app decides by the user that the session shows: %s', (...arranged) => {
    const [, now, shown, isSame] = arranged
    expect(isSamePerson(of({ app: [now], accessToken: ['1'] }), of({ idToken: ['2'] }, shown))).toBe(isSame)
  })

  test('Without any statement that is known, it is unknown', () => {
    expect(isSamePerson({ subject: 'alice' }, { subject: 'alice' })).toBeUndefined()
  })
})

describe('the user after a refresh', () => {
  test('stays, with what each source said, and what is new is added', () => {
    const former = of({ idToken: ['1', 'A'], accessToken: ['2'] }, '1')
    expect(continueIdentity(of({ idToken: [null, 'B'], accessToken: ['3'] }, '3'), former)).toEqual(
      of({ idToken: ['1', 'B'], accessToken: ['3'] }, '1'),
    )
  })

  test('is who the app names, or who the new tokens name if none was known', () => {
    expect(continueIdentity(of({ app: ['alice'] }, 'alice'), of({}, '1')).subject).toBe('alice')
    expect(continueIdentity(of({ accessToken: ['3'] }, '3'), of({})).subject).toBe('3')
  })

  test('cannot be read from an unreadable `sub`, unless the app names the user, now or before', () => {
    const unreadable = of({ accessToken: [undefined] })
    expect(() => checkIdentity(unreadable, null)).toThrow(expect.objectContaining({ option: 'sub' }))
    expect(() => checkIdentity(unreadable, of({ idToken: ['1'] }))).toThrow(expect.objectContaining({ option: 'sub' }))
    expect(() => checkIdentity(unreadable, of({ app: ['alice'] }))).not.toThrow()
    expect(() => checkIdentity(of({ app: ['alice'], accessToken: [undefined] }), null)).not.toThrow()
  })
})
