import { createReauthenticator, type ReauthenticateContext } from '../../src/login/reauthenticator.ts'
import type { RequestTarget } from '../../src/request/pipeline-ports.ts'
import type { SessionInput } from '../../src/session/parse-tokens.ts'
import { createDeferred, type Deferred } from './deferred.ts'
import { createTestWake } from './refresh-rig.ts'
import { createSessionRig } from './session-rig.ts'

export interface ReauthenticatorRigOptions {
  /** Whether the app has a dialog. @default true */
  readonly hasDialog?: boolean
  /** Whether `onLoginRequired` was called lately. @default false */
  readonly isQuiet?: boolean
  /** Whether the client was disposed. @default false */
  readonly isDisposed?: boolean
}

/** The dialogs of one client, without requests: the session, its store and the page are in the hands of the test. */
export const createReauthenticatorRig = ({
  hasDialog = true,
  isQuiet = false,
  isDisposed = false,
}: ReauthenticatorRigOptions = {}) => {
  const rig = createSessionRig()
  const { session, clock } = rig
  const wake = createTestWake()
  const asked: { readonly need: ReauthenticateContext; readonly answer: Deferred<SessionInput | null> }[] = []
  /** The requests for which `onLoginRequired` would be called. */
  const notified: RequestTarget[] = []
  const login = createReauthenticator({
    session,
    clock,
    wake: wake.port,
    isDisposed: () => isDisposed,
    notifier: {
      noteRequest: () => {},
      noteAccepted: () => {},
      isQuiet: () => isQuiet,
      notSignedIn: request => void notified.push(request),
      forget: () => {},
    },
    reauthenticate: hasDialog
      ? need => {
          const answer = createDeferred<SessionInput | null>()
          asked.push({ need, answer })
          return answer.promise
        }
      : undefined,
  })
  return {
    ...rig,
    login,
    asked,
    notified,
    wake,
    /** The newest dialog answers so. */
    answerDialog: async (input: SessionInput | null) => {
      await clock.settle()
      asked.at(-1)?.answer.resolve(input)
      await clock.settle()
    },
    /** How many listen to the session. */
    listeners: () =>
      session.changed.size + session.listenersOf('signed-in').size + session.listenersOf('refreshed').size,
  }
}
