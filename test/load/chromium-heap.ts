import type { CDPSession, Page } from 'playwright'
import type { Figures } from './figures.ts'

/** Of Chromium's metrics, those that a leak moves. */
const metrics = ['JSEventListeners', 'Nodes', 'JSHeapUsedSize']

/** Objects in the page whose prototype is that of the class; `Object` counts all, functions, promises and signals, too. */
async function countObjects(protocol: CDPSession, of: string): Promise<number> {
  const objectGroup = 'counted'
  const { result } = await protocol.send('Runtime.evaluate', { expression: `${of}.prototype`, objectGroup })
  if (!result.objectId) throw new Error(`The page has no ${of}`)
  const { objects } = await protocol.send('Runtime.queryObjects', { prototypeObjectId: result.objectId, objectGroup })
  const { result: length } = await protocol.send('Runtime.callFunctionOn', {
    objectId: objects.objectId as string,
    functionDeclaration: 'function () { return this.length }',
  })
  await protocol.send('Runtime.releaseObjectGroup', { objectGroup })
  return length.value
}

/** What is in the page when all garbage is gone. What finalizers hold goes only some tasks later. */
export async function measurePage(page: Page, protocol: CDPSession): Promise<Figures> {
  for (let turn = 0; turn < 3; turn += 1) {
    await protocol.send('HeapProfiler.collectGarbage')
    await page.evaluate('new Promise(resolve => setTimeout(resolve, 1))')
  }
  const figures: Record<string, number> = { objects: await countObjects(protocol, 'Object') }
  const found = await protocol.send('Performance.getMetrics')
  for (const { name, value } of found.metrics) if (metrics.includes(name)) figures[name] = value
  return { ...figures, locks: await page.evaluate<number>('load.locks()') }
}
