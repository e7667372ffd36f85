import type { Journal } from './journal.ts'

/** What one test is run for next: `null` is the source as it is. */
export interface Plan {
  readonly isOver: () => boolean
  readonly mutant: () => string | null
  /** Whether it is the first run, in which what the test executes is noted. */
  readonly isFirst: () => boolean
  /** With what the test failed with; `null`: it passed. */
  readonly conclude: (failure: string | null) => void
}

interface Given {
  readonly test: string
  readonly journal: Journal
  /** Whether a mutant has been active in this worker, for an earlier test. */
  readonly isWorkerUsed: boolean
  /** The mutants that the first run executed, and that still live; doubtful ones first. */
  readonly coveredMutants: () => readonly string[]
  readonly onKilled: (mutant: string) => void
  readonly onSpoilt: () => void
}

/**
 * Runs a test as it is; again, since not every test can be repeated; then once for each mutant. A test that failed is repeated
 * without the mutant: if it fails still, the mutant has left something behind, and this worker is of no more use. So it is if a test
 * fails before its first mutant, where those of earlier tests ran: whether it can be used is seen in the next worker.
 */
export function planTest({ test, journal, isWorkerUsed, coveredMutants, onKilled, onSpoilt }: Given): Plan {
  let step: 'first' | 'again' | 'mutant' | 'verify' | 'over' = 'first'
  let queue: readonly string[] = []
  let position = 0
  let isAfterClean = true
  let reason = ''

  const finish = () => {
    step = 'over'
    journal.add({ finished: test })
  }
  const advance = () => {
    step = 'mutant'
    if (position >= queue.length) finish()
  }
  const leaveWorker = () => {
    step = 'over'
    onSpoilt()
  }
  const failWithoutMutant = () => {
    if (isWorkerUsed) return leaveWorker()
    journal.add({ unrepeatable: test })
    finish()
  }
  const steps = {
    first: (failure: string | null) => {
      if (failure !== null) return failWithoutMutant()
      queue = coveredMutants()
      if (queue.length === 0) finish()
      else step = 'again'
    },
    again: (failure: string | null) => {
      if (failure !== null) return failWithoutMutant()
      advance()
    },
    mutant: (failure: string | null) => {
      if (failure !== null) {
        step = 'verify'
        reason = failure
      } else {
        position++
        isAfterClean = false
        advance()
      }
    },
    verify: (failure: string | null) => {
      const mutant = queue[position++] as string
      if (failure === null || isAfterClean) {
        journal.add({ killed: mutant, by: test, reason })
        onKilled(mutant)
      } else journal.add({ doubtful: mutant })
      isAfterClean = true
      if (failure === null) return advance()
      leaveWorker()
    },
    over: () => {},
  }
  return {
    isOver: () => step === 'over',
    isFirst: () => step === 'first',
    mutant: () => (step === 'mutant' ? (queue[position] ?? null) : null),
    conclude: failure => steps[step](failure),
  }
}
