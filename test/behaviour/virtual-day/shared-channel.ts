import type { Random } from '../../support/random.ts'
import type { PageLife } from './computer.ts'

/** BroadcastChannel over all pages. */
export interface SharedChannel {
  /** To be put in the place of the platform's. */
  readonly Channel: typeof BroadcastChannel
  /** The channels that `open` opens are this page's. */
  openFor<Result>(page: PageLife, open: () => Result): Result
}

interface Ear {
  readonly page: PageLife
  onmessage: ((event: MessageEvent) => void) | null
}

export function createSharedChannel(random: Random): SharedChannel {
  const ears = new Set<Ear>()
  let opener: PageLife | undefined
  const Channel = class implements Ear {
    readonly page: PageLife
    onmessage: Ear['onmessage'] = null
    constructor() {
      if (!opener) throw new Error('Nobody opens a channel now')
      this.page = opener
      ears.add(this)
    }
    postMessage(message: unknown): void {
      for (const ear of ears) {
        if (ear === this || ear.page.isDeaf) continue
        ear.page.task(random.between(0, 20), () => ear.onmessage?.({ data: message } as MessageEvent))
      }
    }
    close(): void {
      ears.delete(this)
    }
  }
  return {
    Channel: Channel as unknown as typeof BroadcastChannel,
    openFor(page, open) {
      opener = page
      try {
        return open()
      } finally {
        opener = undefined
      }
    },
  }
}
