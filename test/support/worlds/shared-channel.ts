import type { Random } from '../random.ts'
import type { Computer, PageLife } from './computer.ts'

/** BroadcastChannel over all pages. */
export interface SharedChannel {
  /** To be put in the place of the platform's. */
  readonly Channel: typeof BroadcastChannel
}

interface Ear {
  readonly page: PageLife
  onmessage: ((event: MessageEvent) => void) | null
}

/** `posted` is called with every message. */
export function createSharedChannel(
  computer: Pick<Computer, 'running'>,
  random: Random,
  posted: (message: unknown) => void = () => {},
): SharedChannel {
  const ears = new Set<Ear>()
  const Channel = class implements Ear {
    readonly page: PageLife
    onmessage: Ear['onmessage'] = null
    constructor() {
      if (!computer.running) throw new Error('No page is running')
      this.page = computer.running
      ears.add(this)
    }
    postMessage(message: unknown): void {
      posted(message)
      for (const ear of ears) {
        if (ear === this || ear.page.isDeaf) continue
        ear.page.task(random.between(0, 20), () => ear.onmessage?.({ data: message } as MessageEvent))
      }
    }
    close(): void {
      ears.delete(this)
    }
  }
  return { Channel: Channel as unknown as typeof BroadcastChannel }
}
