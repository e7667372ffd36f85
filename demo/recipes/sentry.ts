// Sentry: no noise from sessions that end or wait, and a user id that follows the session.
import type { BrowserOptions, setUser as SetUser } from '@sentry/browser'
import { type Client, isLatchkeyError } from 'latchkey'

/** @example Sentry.init({ dsn, ...sentryOptions }) */
export const sentryOptions: Pick<BrowserOptions, 'beforeSend' | 'beforeBreadcrumb'> = {
  // An ended session and a refresh that must wait are no faults of your program. A wrong configuration is.
  beforeSend: (event, { originalException: error }) =>
    isLatchkeyError(error) && error.code !== 'configuration' ? null : event,
}

/** Undo: call what it returns. */
export const reportUser = ({ session }: Pick<Client, 'session'>, setUser: typeof SetUser): (() => void) => {
  const report = () => {
    const { subject } = session.getSnapshot()
    setUser(subject === null ? null : { id: subject })
  }
  report()
  return session.subscribe(report)
}
