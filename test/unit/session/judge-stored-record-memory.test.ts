import { expect, test } from 'vitest'
import { remember } from '../../../src/session/judge-stored-record.ts'

test('What a page remembers of former records has a bound: the oldest is forgotten first', () => {
  const among = new Set<number>()
  for (let value = 0; value < 1000; value += 1) remember(among, value)
  expect(among.size).toBe(200)
  expect([among.has(799), among.has(800), among.has(999)]).toEqual([false, true, true])
})
