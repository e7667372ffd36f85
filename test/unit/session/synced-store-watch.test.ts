import { expect, test, vi } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import { createControlledClock } from '../../support/clock.ts'
import { content, createRecordsOver, over } from '../../support/records-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'

test('A client is told of each write of another client of its page, also after a write of its own, and of none of its own', async () => {
  const [store, clock, told] = [memoryStore(), createControlledClock(), vi.fn()]
  const [mine, other] = [createRecordsOver(store, clock).records, createRecordsOver(store, clock).records]
  mine.watch?.(told)
  await mine.overwrite(content())
  expect(told).not.toHaveBeenCalled()
  await other.overwrite(content(over))
  expect(told).toHaveBeenCalledOnce()
})

test('A change that a shared store reports while this page writes is looked at when the write has ended', async () => {
  const [store, clock, told] = [createScriptedStore(), createControlledClock(), vi.fn()]
  let report = () => {}
  const watch = (_name: string, changed: () => void) => {
    report = changed
    return () => {}
  }
  const { records } = createRecordsOver(Object.assign(store, { watch }), clock)
  records.watch?.(told)
  const held = store.hold('overwrite')
  const stored = records.overwrite(content())
  report()
  await clock.advance(1)
  expect(told).not.toHaveBeenCalled()
  held.open()
  await stored
  await clock.advance(1)
  expect(told).toHaveBeenCalledOnce()
})
