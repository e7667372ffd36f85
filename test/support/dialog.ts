import type { ReauthenticateContext, SessionInput } from 'latchkey'
import { createDeferred, type Deferred } from './deferred.ts'
import { createStage, type Stage, type StageOptions } from './stage.ts'

/** One time that `reauthenticate` was asked. */
export interface Asked {
  readonly need: ReauthenticateContext
  /** What the dialog answers, when the test lets it. */
  readonly answer: Deferred<SessionInput | null>
}

export interface DialogStage extends Stage {
  readonly asked: readonly Asked[]
  /** The newest dialog answers so. */
  answerDialog(input: SessionInput | null): Promise<void>
}

/** A stage on which `reauthenticate` opens a dialog that the test answers. */
export const createDialogStage = (options: StageOptions = {}): DialogStage => {
  const asked: Asked[] = []
  const stage = createStage({
    reauthenticate: need => {
      const answer = createDeferred<SessionInput | null>()
      asked.push({ need, answer })
      return answer.promise
    },
    ...options,
  })
  return {
    ...stage,
    asked,
    answerDialog: input => {
      asked.at(-1)?.answer.resolve(input)
      return stage.clock.settle()
    },
  }
}

/** Alice is signed in, what she asked for was refused, and the dialog is open. */
export const openDialog = async (options: StageOptions = {}): Promise<DialogStage> => {
  const stage = createDialogStage(options)
  await stage.signIn({ subject: 'alice' })
  stage.refuseAll()
  stage.refresh(async () => null)
  return stage
}
