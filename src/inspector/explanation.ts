/** Why a server rejected a request; `latchkey/explain` makes these. */
export interface InspectedExplanation {
  readonly method: string
  readonly url: string
  readonly status: number | null
  /** Where it stands for several requests: each as `GET https://api.example.com/todos`. */
  readonly routes?: readonly string[]
  readonly causes: readonly InspectedCause[]
}
export interface InspectedCause {
  readonly certainty: string
  readonly title: string
  readonly evidence: readonly string[]
  readonly page: string | null
  readonly server: string | null
  readonly see: string
}
