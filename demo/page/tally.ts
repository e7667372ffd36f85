import type { RefreshUnavailableError, Session } from 'latchkey'

/** What this tab did for one action, by the session's events. */
export interface Counts {
  readonly requests: number
  readonly rejected: number
  readonly refreshes: number
  readonly replays: number
}

/** What one button set off. */
export interface Action {
  readonly counts: Counts
}

export interface Tally {
  /** Requests that begin from here on belong to a new action; the page shows its counts. */
  begin(): Action
}

const names = ['requests', 'rejected', 'refreshes', 'replays'] as const

/** Whether the server was asked; during a backoff, or offline, it is not. */
export const wasTried = ({ reason, status }: RefreshUnavailableError): boolean =>
  reason !== 'offline' && (reason !== 'status' || status !== null)

interface OpenAction extends Action {
  readonly counts: { -readonly [Name in keyof Counts]: number }
  /** Its requests that wait for the refresh under way. */
  waiting: number
}

const createAction = (): OpenAction => ({ counts: { requests: 0, rejected: 0, refreshes: 0, replays: 0 }, waiting: 0 })

/** Counts each action for itself, so that two at a time, and what latchkey does in the background, do not mix. */
export function createTally(session: Session): Tally {
  let shown = createAction()
  const actions = new Map<number, OpenAction>()

  const show = () => {
    for (const place of document.querySelectorAll('[data-counter]')) {
      const name = names.find(each => each === place.getAttribute('data-counter'))
      const value = place.querySelector('dd') ?? place
      if (name) value.textContent = shown.counts[name].toLocaleString()
    }
  }
  const count = (action: OpenAction, name: keyof Counts) => {
    action.counts[name] += 1
    show()
  }
  /** The refresh is over: one refresh of every action that waited for it. */
  const settle = (isOurs: boolean) => {
    for (const action of new Set([shown, ...actions.values()])) {
      if (action.waiting > 0 && isOurs) count(action, 'refreshes')
      action.waiting = 0
    }
  }

  session.on('request', event => {
    const { id, step } = event
    const known = actions.get(id)
    const action = known ?? shown
    if (!known) {
      actions.set(id, action)
      count(action, 'requests')
    }
    if (step === 'rejected') count(action, 'rejected')
    if (step === 'replayed') count(action, 'replays')
    if (step === 'waiting' && event.for === 'refresh') action.waiting += 1
    if (step === 'completed' || step === 'failed') actions.delete(id)
  })
  session.on('refreshed', ({ tab }) => settle(tab === 'this'))
  session.on('refresh-failed', ({ error }) => settle(wasTried(error)))
  session.on('ended', ({ reason, tab }) => settle(tab === 'this' && reason === 'refresh-rejected'))

  return {
    begin() {
      shown = createAction()
      show()
      return shown
    },
  }
}
