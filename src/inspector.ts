export { defineInspector, type LatchkeyInspector } from './inspector/define-inspector.ts'
export type { Explain } from './inspector/explain.ts'
export type { InspectedCause, InspectedExplanation } from './inspector/explanation.ts'
