import { RefreshUnavailableError } from 'latchkey'
import { expect, test } from 'vitest'
import { outcomeOf } from '../../../src/explain/outcome.ts'

test('the text of a failed refresh is shown without what may be a token of the app’s own error', () => {
  const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2ln1'
  const error = new RefreshUnavailableError({ reason: 'network', status: null, retryAfterMs: 0 } as never)
  const message = `No newer token in ${token}`
  Object.defineProperty(error, 'message', { value: message })
  const step = { step: 'failed', error } as unknown as Parameters<typeof outcomeOf>[0]
  expect(outcomeOf(step, false).message).toBe('No newer token in …')
})
