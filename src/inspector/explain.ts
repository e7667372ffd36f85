import type { InspectedExplanation } from './explanation.ts'
import type { AnySession } from './follow-session.ts'

/** `explainUnauthorized` of `latchkey/explain` is one. @returns how to stop */
export type Explain = (
  client: { readonly session: AnySession },
  options: { readonly tell: (explanation: InspectedExplanation) => void },
) => () => void
