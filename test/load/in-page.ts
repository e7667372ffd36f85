/** Runs in a page of Chromium, which calls these by name. */
import { clientSoaks } from './client-soaks.ts'
import { pageSoaks } from './page-soaks.ts'
import { requestSoaks } from './request-soaks.ts'
import type { Soak } from './soak.ts'
import { toolSoaks } from './tool-soaks.ts'

const all = { ...requestSoaks, ...clientSoaks, ...toolSoaks, ...pageSoaks }
const begun = new Map<string, Soak>()

const load = {
  start: async (name: string) => {
    const soak = await all[name]?.({ origin: location.origin, name })
    if (!soak) throw new Error(`There is no ${name}`)
    begun.set(name, soak)
  },
  run: (name: string, count: number) => begun.get(name)?.run(count),
  end(name: string) {
    begun.get(name)?.end()
    begun.delete(name)
  },
  names: Object.keys(all),
  locks: async () => {
    const { held = [], pending = [] } = await navigator.locks.query()
    return held.length + pending.length
  },
}

export type Load = typeof load
Object.assign(globalThis, { load })
