/**
 * One `localStorage` as several tabs see it: a tab sees its own writes at once and the others' `lagMs` later, while the order of
 * writes is the same for all. Measured so in Chromium and Firefox, up to 80 ms. Runs on `setTimeout`: use a fake one.
 */
export interface LaggingStorage {
  openTab(): Storage
  /** What all tabs will see in the end. */
  readonly settled: ReadonlyMap<string, string>
  /** Writes throw while it is full, as in private modes and on a full disk. Removing goes on working. */
  setFull(full: boolean): void
}

interface Write {
  readonly order: number
  readonly key: string
  readonly value: string | null
}

class Tab implements Storage {
  readonly #values = new Map<string, Write>()
  readonly #publish: (key: string, value: string | null, from: Tab) => Write
  constructor(publish: (key: string, value: string | null, from: Tab) => Write) {
    this.#publish = publish
  }
  /** Of two writes to a key the one that came later stays, whichever is heard of first. */
  learn(write: Write): void {
    if ((this.#values.get(write.key)?.order ?? 0) < write.order) this.#values.set(write.key, write)
  }
  get #keys(): string[] {
    return [...this.#values.values()].filter(({ value }) => value !== null).map(({ key }) => key)
  }
  get length(): number {
    return this.#keys.length
  }
  key(index: number): string | null {
    return this.#keys[index] ?? null
  }
  getItem(key: string): string | null {
    return this.#values.get(key)?.value ?? null
  }
  setItem(key: string, value: string): void {
    this.learn(this.#publish(key, `${value}`, this))
  }
  removeItem(key: string): void {
    this.learn(this.#publish(key, null, this))
  }
  clear(): void {
    for (const key of this.#keys) this.removeItem(key)
  }
}

export const TabStorage = Tab

export function createLaggingStorage(lagMs: number): LaggingStorage {
  const tabs: Tab[] = []
  const settled = new Map<string, string>()
  let order = 0
  let isFull = false
  const publish = (key: string, value: string | null, from: Tab): Write => {
    if (isFull && value !== null) throw new DOMException('', 'QuotaExceededError')
    order += 1
    const write = { order, key, value }
    if (value === null) settled.delete(key)
    else settled.set(key, value)
    setTimeout(() => {
      for (const tab of tabs) if (tab !== from) tab.learn(write)
    }, lagMs)
    return write
  }
  return {
    settled,
    setFull: full => {
      isFull = full
    },
    openTab() {
      const tab = new Tab(publish)
      tabs.push(tab)
      return tab
    },
  }
}
