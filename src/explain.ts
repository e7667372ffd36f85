export type { Cause, CauseCode, Certainty } from './explain/cause.ts'
export { diagnose } from './explain/diagnose.ts'
export { explain } from './explain/explain.ts'
export { type ExplainOptions, explainUnauthorized } from './explain/explain-unauthorized.ts'
export type { Explanation } from './explain/explanation.ts'
export type {
  ChallengeFacts,
  Facts,
  HeaderFacts,
  HeaderFlaw,
  HistoryFacts,
  ProbeFacts,
  RefreshFacts,
  ResponseFacts,
  SentFacts,
  TokenFacts,
} from './explain/facts.ts'
export type { NoCredentialsReason, NotReplayableReason } from './session/events.ts'
