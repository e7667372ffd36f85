import { onTestFinished, vi } from 'vitest'
import { serveSharedMemory } from '../../src/stores/shared-memory-worker.ts'

type OnConnect = (event: { readonly ports: readonly MessagePort[] }) => void

export interface TestWorker {
  /** A further page connects. */
  connect(): SharedWorker
  /** It is gone, with its memory: no page is told, and no call is answered. */
  crash(): void
  /** How many pages have connected so far. */
  readonly connections: number
  /** The worker's ends of their connections. */
  readonly ports: readonly MessagePort[]
}

/** The real code of the worker, with real ports to it, in this program. */
export const createTestWorker = (): TestWorker => {
  vi.stubGlobal('onconnect', undefined)
  serveSharedMemory()
  const { onconnect } = globalThis as unknown as { readonly onconnect: OnConnect }
  let connections = 0
  const ports: MessagePort[] = []
  return {
    ports,
    connect() {
      connections += 1
      const { port1, port2 } = new MessageChannel()
      onTestFinished(() => port1.close())
      ports.push(port2)
      onconnect({ ports: [port2] })
      return { port: port1, onerror: null } as unknown as SharedWorker
    },
    crash() {
      for (const port of ports) port.close()
    },
    get connections() {
      return connections
    },
  }
}
