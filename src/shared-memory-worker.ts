export { serveSharedMemory } from './stores/shared-memory-worker.ts'
