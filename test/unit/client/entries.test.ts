import * as index from 'latchkey'
import * as fetchEntry from 'latchkey/fetch'
import { expect, test } from 'vitest'

test('latchkey/fetch has all that its users need of latchkey, and so no ky in their bundle', () => {
  const { createClient: _needsKy, ...rest } = index
  const { createAuthenticatedFetch: _plain, ...shared } = fetchEntry
  expect(shared).toEqual(rest)
})
