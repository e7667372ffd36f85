/** BroadcastChannel between tabs of one page: the test says who opens one, and when a message arrives. */
export interface RealChannels {
  /** To be put in the place of the platform's. */
  readonly Channel: typeof BroadcastChannel
  /** Whose channels are opened from now on. */
  openAs(tab: number): void
  /** How many messages wait for the tab. */
  waiting(tab: number): number
  deliver(tab: number): void
  forget(tab: number): void
}

interface Ear {
  onmessage: ((event: MessageEvent) => void) | null
}

export function createRealChannels(): RealChannels {
  const ears = new Map<number, Ear>()
  const inboxes = new Map<number, unknown[]>()
  let opener = -1
  const Channel = class implements Ear {
    onmessage: Ear['onmessage'] = null
    readonly #tab = opener
    constructor() {
      ears.set(this.#tab, this)
      inboxes.set(this.#tab, [])
    }
    postMessage(message: unknown): void {
      for (const [tab, inbox] of inboxes) if (tab !== this.#tab) inbox.push(message)
    }
    close(): void {
      ears.delete(this.#tab)
    }
  }
  return {
    Channel: Channel as unknown as typeof BroadcastChannel,
    openAs(tab) {
      opener = tab
    },
    waiting: tab => inboxes.get(tab)?.length ?? 0,
    deliver(tab) {
      const message = inboxes.get(tab)?.shift()
      ears.get(tab)?.onmessage?.({ data: message } as MessageEvent)
    },
    forget(tab) {
      ears.delete(tab)
      inboxes.delete(tab)
    },
  }
}
