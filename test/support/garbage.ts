import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** How many of them are still held by anything. What a promise or a weak reference holds goes only some tasks later. */
export async function countHeld(references: readonly WeakRef<object>[]): Promise<number> {
  for (let turn = 0; turn < 5; turn += 1) {
    collect()
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  return references.filter(reference => reference.deref()).length
}
