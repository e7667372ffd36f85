import { createClient } from 'latchkey'
import { type Cause, diagnose, type Explanation, explain, explainUnauthorized, type Facts } from 'latchkey/explain'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import type { LatchkeyInspector } from 'latchkey/inspector'

interface Claims {
  readonly sub: string
}

const stop: () => void = explainUnauthorized(createClient<Claims>({ baseUrl: 'https://api.example.com/' }), {
  tell: explanation => console.info(String(explanation), explanation.causes[0]?.code),
  includeRefreshed: true,
  probe: false,
})
stop()
explainUnauthorized(createAuthenticatedFetch())()

export const byHand = async (response: Response): Promise<Explanation> => explain(response)
export const pure = (facts: Facts): readonly Cause[] => diagnose(facts)

export function isSure({ causes: [cause] }: Explanation): boolean {
  // @ts-expect-error: the certainties are surely, probably and possibly
  if (cause?.certainty === 'sure') return false
  return cause?.certainty === 'surely'
}

/** Beside the rows of the inspector. */
export function showIn(inspector: LatchkeyInspector): void {
  inspector.explain = explainUnauthorized
}

// @ts-expect-error: it follows a client
explainUnauthorized()
// @ts-expect-error: facts, not an answer
diagnose(new Response())
