export type Person = 'alice' | 'bob'
export type RefreshFault = 'lost-before' | 'lost-after' | 'busy' | 'refused'
export type LockKind = 'none' | 'shared' | 'stuck'

export interface WorldOptions {
  readonly tabs: number
  readonly lock: LockKind
  /** Who the dialog brings, one answer after the other; without it nobody is asked. */
  readonly dialog?: readonly (Person | null)[] | undefined
  /** Whether every other request goes to an origin with tokens of its own. */
  readonly audiences?: boolean | undefined
}

export type Step =
  | { readonly kind: 'request' | 'refresh' | 'sign-out' | 'wake' | 'step-up' | 'dispose'; readonly tab: number }
  | { readonly kind: 'sign-in'; readonly tab: number; readonly person: Person }
  | { readonly kind: 'abort' | 'expire' | 'message' | 'time' | 'flood' | 'store-refuses' }
  | { readonly kind: 'fault'; readonly fault: RefreshFault }
  | { readonly kind: 'store-fault'; readonly fault: 'rejects' | 'lands' | 'hangs' }
