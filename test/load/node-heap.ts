import { getEventListeners } from 'node:events'
import { queryObjects } from 'node:v8'
import type { Figures } from './figures.ts'

/** Everything with a prototype: functions, promises, arrays, signals and timers, too. Collects garbage first. */
const countObjects = () => queryObjects(Object as never, { format: 'count' })

/** What a finalizer or a weak reference holds goes only some tasks later. */
const collect = async () => {
  for (let turn = 0; turn < 4; turn += 1) {
    globalThis.gc?.()
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

/** Needs `--expose-gc`. */
export async function measureNode(signal?: AbortSignal): Promise<Figures> {
  await collect()
  return {
    objects: countObjects(),
    'listeners on the signal': signal ? getEventListeners(signal, 'abort').length : 0,
    'active resources': process.getActiveResourcesInfo().length,
    'heap bytes': process.memoryUsage().heapUsed,
  }
}
