export type Person = 'alice' | 'bob'
export type RefreshFault = 'lost-before' | 'lost-after' | 'busy' | 'refused'
export type LockKind = 'none' | 'shared' | 'stuck'
export type Step =
  | { readonly kind: 'request' | 'refresh' | 'sign-out' | 'wake' | 'step-up' | 'dispose'; readonly tab: number }
  | { readonly kind: 'sign-in'; readonly tab: number; readonly person: Person }
  | { readonly kind: 'abort' | 'expire' | 'message' | 'time' | 'flood' | 'store-refuses' }
  | { readonly kind: 'fault'; readonly fault: RefreshFault }
  | { readonly kind: 'store-fault'; readonly fault: 'rejects' | 'lands' | 'hangs' }
