export { endSession, resetClient } from './testing/control-client.ts'
export type { FakeRequest, FakeRoute } from './testing/fake-endpoints.ts'
export {
  createFakeServer,
  type FakeServer,
  type FakeServerOptions,
} from './testing/fake-server.ts'
export {
  type NodeListener,
  type PlaywrightHandler,
  toNodeListener,
  toPlaywrightRoute,
} from './testing/fake-transports.ts'
export type { Outage, OutagePlace } from './testing/outages.ts'
export { createStorageState, type StorageState, type StorageStateOptions } from './testing/storage-state.ts'
export { createTabStore, createTabs } from './testing/tabs.ts'
export {
  createTestClient,
  type TestClient,
  type TestClientOptions,
  type TestClientState,
} from './testing/test-client.ts'
