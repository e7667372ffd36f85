import type { StoredRecord } from '../../src/session/session-store.ts'
import { createScriptedStore } from './scripted-store.ts'
import { storedRecord } from './session-records.ts'
import { createSessionRig } from './session-rig.ts'

export const alice = { accessToken: 'access-1', refreshToken: 'refresh-1', subject: 'alice' }
/** She brings a stronger access token, and no refresh token. */
export const stepUp = { accessToken: 'stepped-up', subject: 'alice' }

/** Alice is signed in. */
export const startSignedIn = async (store = createScriptedStore()) => {
  const rig = createSessionRig({ store })
  await rig.session.signIn(alice)
  const stored = () => rig.store.content as StoredRecord
  return { ...rig, id: String(rig.session.state.sessionId), stored }
}

/** What another tab stores when it signs out. */
export const signedOut = () => storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out' })
