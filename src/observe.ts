export type { Observer } from './observe/observer.ts'
export {
  openTelemetry,
  type TelemetryContext,
  type TelemetrySpan,
  type Tracer,
  type TracingObserver,
} from './observe/open-telemetry.ts'
export { userTiming } from './observe/user-timing.ts'
