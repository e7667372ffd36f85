import { expect, test } from 'vitest'
import { createRandom } from '../../support/random.ts'
import { createComputer } from '../../support/worlds/computer.ts'
import { createTimeline } from '../../support/worlds/timeline.ts'

test('A page of a random world that thaws while its computer sleeps is told, once, when both are awake', async () => {
  const timeline = createTimeline()
  const computer = createComputer(timeline, { monotonicStands: false }, createRandom(1))
  const page = computer.openPage(0)
  const wokenAtMs: number[] = []
  page.wake.onWake(() => wokenAtMs.push(timeline.nowMs))
  page.freeze('cached')
  timeline.after(100, () => computer.sleep(4000))
  timeline.after(2000, page.thaw)
  await timeline.runUntil(10_000)
  expect(wokenAtMs).toEqual([4100])
})
