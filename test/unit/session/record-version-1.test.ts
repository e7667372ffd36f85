import { expect, test } from 'vitest'
import { readRecord } from '../../../src/session/read-record.ts'

const ended = { version: 1, revision: 'r', session: 's', generation: 3, credentials: null }

test('a record of version 1 that says why its session ended says it in the words of today', () => {
  expect(readRecord({ ...ended, endedBy: 'refused' }).record?.endedBy).toBe('refresh-rejected')
  expect(readRecord({ ...ended, endedBy: 'signed-out' }).record?.endedBy).toBe('signed-out')
})

test('a record of version 1 keeps what the server said of its session, whatever its members are called', () => {
  const sid = { key: 'theirs', at: 1 }
  const revocationPending = { id: 'p', subject: null, at: 1, calledAt: 2, sid }
  expect(readRecord({ ...ended, revocationPending }).record?.revocationPending?.sid).toEqual(sid)
})

test('a record of version 1 with the name of an inherited member is read as it is', () => {
  const stored = JSON.parse(JSON.stringify(ended).replace('{', '{"constructor":"x","__proto__":{"polluted":true},'))
  expect(readRecord(stored).record).toMatchObject({ sessionId: 's', constructor: 'x' })
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})
