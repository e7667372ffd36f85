import { createClient } from 'latchkey'
import { expect, test } from 'vitest'

/** Every member that a script can reach, whatever its key: own or inherited, enumerable or not. */
function* membersOf(value: object): Generator<readonly [PropertyKey, unknown]> {
  for (let holder: object | null = value; holder && holder !== Object.prototype; holder = Object.getPrototypeOf(holder))
    for (const key of Reflect.ownKeys(holder)) yield [key, Reflect.get(value, key)]
}

test('a session has no symbols and no objects but its documented members: no list of listeners leads to what is sent', async () => {
  const { session } = createClient({ baseUrl: 'https://api.test/' })
  await session.signIn({ accessToken: 'access', refreshToken: 'refresh' })
  const members = [...membersOf(session)]
  expect(members.filter(([key]) => typeof key === 'symbol')).toEqual([])
  expect(members.filter(([, value]) => typeof value !== 'function').map(([key]) => key)).toEqual(['status'])
})
