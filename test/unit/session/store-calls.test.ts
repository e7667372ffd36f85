import { describe, expect, test } from 'vitest'
import { isMissing, isSlow } from '../../../src/session/store-calls.ts'

const named = (name: string) => Object.assign(new Error('no'), { name })

describe('What a store throws', () => {
  test.each(['SecurityError', 'ReferenceError', 'TypeError', 'NotSupportedError'])(
    'A %s means that there is no such storage here, so that it is not read again',
    name => {
      expect([isMissing(named(name)), isSlow(named(name))]).toEqual([true, false])
    },
  )

  test('A TimeoutError means that its effect may still come', () => {
    expect([isMissing(named('TimeoutError')), isSlow(named('TimeoutError'))]).toEqual([false, true])
  })

  test.each([
    ['an error with a name of the app that begins otherwise', named('MySecurityError')],
    ['an error with a name of the app that goes on', named('TypeErrors')],
    ['an error without a name', {}],
    ['a text', 'TypeError'],
    ['null', null],
    ['nothing', undefined],
  ])('%s is a failure that may pass', (_, cause) => {
    expect([isMissing(cause), isSlow(cause)]).toEqual([false, false])
  })
})
