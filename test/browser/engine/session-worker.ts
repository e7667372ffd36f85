import { serveSharedMemory } from 'latchkey/shared-memory-worker'

serveSharedMemory()
