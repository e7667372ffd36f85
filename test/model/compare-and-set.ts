import type { Change, Turn } from './flight.ts'
import { isHazy, view, write } from './shared.ts'
import type { ModelRecord } from './state.ts'

export interface Write {
  readonly record: ModelRecord
  readonly matches: (record: ModelRecord) => boolean
  readonly onWritten: Change
  /** The record is not what it was: nothing was written. */
  readonly onMoved: Change
}

/** One step where the store compares and writes by itself; two where script reads, then writes. */
export function compareAndSet(turn: Turn, label: string, { record, matches, onWritten, onMoved }: Write): void {
  const { rules, state, index, tab, step } = turn
  const concluded =
    (isUnmoved: boolean): Change =>
    (me, to, broken) => {
      me.compared = undefined
      if (!isUnmoved) return onMoved(me, to, broken)
      write(rules, to, index, record)
      onWritten(me, to, broken)
    }
  const moved = `${label}: the record has moved, nothing is written`
  if (rules.store === 'atomic') {
    const isUnmoved = matches(state.store)
    step(isUnmoved ? label : moved, concluded(isUnmoved))
  } else if (tab.compared !== undefined) {
    step(tab.compared ? `${label}: writes` : moved, concluded(tab.compared))
  } else if (!isHazy(rules, state, index)) {
    step(`${label}: compares`, me => {
      me.compared = matches(view(state, index))
    })
  }
}

export function writeBlindly(
  { rules, index, step }: Turn,
  label: string,
  { record, onWritten }: Pick<Write, 'record' | 'onWritten'>,
): void {
  step(label, (me, to, broken) => {
    write(rules, to, index, record)
    onWritten(me, to, broken)
  })
}
