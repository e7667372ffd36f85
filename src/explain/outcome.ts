import { isLatchkeyError } from '../errors.ts'
import type { SessionEvents } from '../session/events.ts'
import type { RefreshFacts } from './facts.ts'
import { scrub } from './scrub.ts'

export type LastStep = Extract<SessionEvents['request'], { readonly step: 'completed' | 'failed' }>

type Outcome = Pick<RefreshFacts, 'outcome' | 'reason' | 'status' | 'message' | 'notReplayable'>

const none: Outcome = { outcome: 'none', reason: null, status: null, message: null, notReplayable: null }

/** What the last step of a request says of the refresh that it waited for. */
export function outcomeOf(step: LastStep, isReplayed: boolean): Outcome {
  if (step.step === 'completed') {
    if (step.notRefreshed) return { ...none, outcome: 'unavailable', reason: step.notRefreshed }
    return { ...none, outcome: isReplayed ? 'refreshed' : 'none', notReplayable: step.notReplayable }
  }
  const { error } = step
  if (!isLatchkeyError(error)) return none
  switch (error.code) {
    case 'session-ended':
      return { ...none, outcome: 'rejected', reason: error.reason }
    case 'refresh-unavailable':
      return {
        ...none,
        outcome: 'unavailable',
        reason: error.reason,
        status: error.status,
        message: scrub(error.message, []),
      }
    case 'step-up-required':
      return { ...none, outcome: 'declined' }
    default:
      return none
  }
}
