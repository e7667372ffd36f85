import { IDBFactory } from 'fake-indexeddb'
import { takeTurn } from './timeline.ts'

/** Work of the platform's own threads that is under way: signatures and keys. */
const underWay = { count: 0 }

/** Lets run what is due, and waits for the platform's own threads. `turns`: what IndexedDB takes for a transaction. */
export async function settleAll(turns: number): Promise<void> {
  for (let left = turns; left > 0; left -= 1) {
    await takeTurn()
    if (underWay.count > 0) left = turns
  }
}

function watchSignatures(): () => void {
  const { subtle } = crypto
  const methods = ['generateKey', 'sign', 'exportKey', 'digest'] as const
  for (const name of methods) {
    const method = subtle[name] as (...args: unknown[]) => Promise<unknown>
    const watched = async (...args: unknown[]) => {
      underWay.count += 1
      try {
        return await method.apply(subtle, args)
      } finally {
        underWay.count -= 1
      }
    }
    Object.defineProperty(subtle, name, { value: watched, configurable: true })
  }
  return () => {
    for (const name of methods) Reflect.deleteProperty(subtle, name)
  }
}

/** What stands in the place of the platform while a world lives. */
export interface Stage {
  readonly isOnline: () => boolean
  /** `undefined`: there is no BroadcastChannel. */
  readonly channel: (() => typeof BroadcastChannel) | undefined
  readonly reported: (text: string) => void
  /** In the place of `setTimeout`, which only the store in Web Storage uses. */
  readonly setTimer: ((run: () => void, delayMs: number) => unknown) | undefined
}

/** Runs with these globals, and puts the platform's back. Resolves with the rejections that nobody handled. */
export async function onStage(
  { isOnline, channel, reported, setTimer }: Stage,
  run: () => Promise<void>,
): Promise<unknown[]> {
  const names = ['BroadcastChannel', 'navigator', 'indexedDB', 'reportError', 'setTimeout']
  const own = names.map(name => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  const { warn, error } = console
  const put = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  const unhandled: unknown[] = []
  const onUnhandled = (reason: unknown) => void unhandled.push(reason)
  const report = (...args: unknown[]) => reported(args.map(String).join(' '))
  const unwatch = watchSignatures()
  process.on('unhandledRejection', onUnhandled)
  try {
    put('navigator', {
      get onLine() {
        return isOnline()
      },
    })
    put('indexedDB', new IDBFactory())
    put('reportError', report)
    put('BroadcastChannel', channel?.())
    if (setTimer) put('setTimeout', setTimer)
    console.warn = console.error = report
    await run()
    return unhandled
  } finally {
    unwatch()
    process.off('unhandledRejection', onUnhandled)
    Object.assign(console, { warn, error })
    for (const [name, descriptor] of own) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else Reflect.deleteProperty(globalThis, name)
    }
  }
}
