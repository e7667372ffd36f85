import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideRecovery, type Recovery, type RejectedRequest } from '../../../src/request/decide-recovery.ts'

/** Sent in the current session with its current token, and nothing is in the way of a refresh. */
const plain: RejectedRequest = {
  isAnonymous: false,
  isCurrent: true,
  isReplaced: false,
  mustWait: false,
  isRefreshing: false,
  canRefresh: true,
  isCircuitClosed: true,
  isBlocked: false,
}

describe('what a 401 causes', () => {
  test.each<readonly [string, Partial<RejectedRequest>, Recovery]>([
    ['a refresh, for a token that is current', {}, 'refresh'],
    ['nothing but to join the refresh that runs', { isRefreshing: true }, 'refresh'],
    [
      'that refresh even where none could begin now',
      { isRefreshing: true, isBlocked: true, isCircuitClosed: false },
      'refresh',
    ],
    ['the end of the session, where nothing can refresh it', { canRefresh: false, isBlocked: true }, 'refresh'],
    ['a wait for a login, for a request without credentials', { isAnonymous: true, isCurrent: false }, 'await-login'],
    ['nothing, for a request of an older session', { isCurrent: false, isReplaced: true }, 'return'],
    ['a replay alone, for a token that has been replaced', { isReplaced: true, isBlocked: true }, 'replay'],
    ['a refresh all the same, where the newer token will not do', { isReplaced: true, mustWait: true }, 'refresh'],
    [
      'a 401 for the caller, where refreshes have not helped',
      { isCircuitClosed: false, isBlocked: true },
      'return-unrefreshed',
    ],
    ['an error at once, where no refresh can begin soon', { isBlocked: true }, 'fail'],
  ])('%s', (_, facts, recovery) => {
    expect(decideRecovery({ ...plain, ...facts })).toBe(recovery)
  })

  const facts = fc.record<RejectedRequest>({
    isAnonymous: fc.boolean(),
    isCurrent: fc.boolean(),
    isReplaced: fc.boolean(),
    mustWait: fc.boolean(),
    isRefreshing: fc.boolean(),
    canRefresh: fc.boolean(),
    isCircuitClosed: fc.boolean(),
    isBlocked: fc.boolean(),
  })

  test('never a refresh or a replay for a request of another session, whatever else holds', () => {
    fc.assert(
      fc.property(facts, request => {
        if (!request.isAnonymous && !request.isCurrent) expect(decideRecovery(request)).toBe('return')
      }),
    )
  })

  test('a new refresh only while the circuit is closed and nothing blocks it', () => {
    fc.assert(
      fc.property(facts, request => {
        const isNew = decideRecovery(request) === 'refresh' && !request.isRefreshing && request.canRefresh
        if (isNew) expect([request.isCircuitClosed, request.isBlocked]).toEqual([true, false])
      }),
    )
  })
})
