import { vi } from 'vitest'

/** BroadcastChannel in the hands of a test: messages arrive when it says so, or never. */
export const stubChannel = () => {
  const open = new Set<TestChannel>()
  const posted: { readonly name: string; readonly message: unknown; readonly by: TestChannel }[] = []

  class TestChannel {
    onmessage: ((event: { readonly data: unknown }) => void) | undefined
    readonly name: string
    constructor(name: string) {
      this.name = name
      open.add(this)
    }
    postMessage(message: unknown) {
      posted.push({ name: this.name, message: structuredClone(message), by: this })
    }
    close() {
      open.delete(this)
    }
  }
  vi.stubGlobal('BroadcastChannel', TestChannel)

  /** To every open channel of that name but the one that spoke. */
  const deliver = ({ name, message, by }: (typeof posted)[number]) => {
    for (const channel of [...open]) if (channel.name === name && channel !== by) channel.onmessage?.({ data: message })
  }
  return {
    posted,
    get open() {
      return open.size
    },
    deliver,
    deliverAll: () => {
      for (const message of posted.splice(0)) deliver(message)
    },
    /** As from a tab that this test knows nothing of. */
    hint: (sessionId = 'any', generation = 0) => {
      for (const channel of [...open]) channel.onmessage?.({ data: { latchkey: 1, sessionId, generation } })
    },
  }
}
