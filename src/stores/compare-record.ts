import type { SessionRecord } from '../session/session-store.ts'

/** Returns the stored value if it can be a record; anything else counts as no record. */
export const asRecord = (stored: unknown): SessionRecord | null =>
  typeof (stored as SessionRecord | null | undefined)?.revision === 'string' ? (stored as SessionRecord) : null

/**
 * Whether `next` (`null`: a removal) may replace the stored record. With `expected`: if the stored revision is that one. Without
 * (a sign-in or sign-out, never a removal): unless a newer release of this library wrote the record.
 */
export function mayReplace(stored: unknown, next: SessionRecord | null, expected: string | null | undefined): boolean {
  const record = asRecord(stored)
  if (expected !== undefined) return (record?.revision ?? null) === expected
  return !record || !(record.version > (next as SessionRecord).version)
}
