import type { SessionRecord } from '../session/session-store.ts'

/** What a storage held, if it can be a record; anything else counts as nothing there. */
export const asRecord = (stored: unknown): SessionRecord | null =>
  typeof (stored as SessionRecord | null | undefined)?.revision === 'string' ? (stored as SessionRecord) : null

/**
 * Whether `next`, or nothing, may take the place of what is stored: if its revision still is `expected`. Where nothing is
 * expected (a sign-in or sign-out): unless a newer release of this library wrote it.
 */
export function mayReplace(stored: unknown, next: SessionRecord | null, expected: string | null | undefined): boolean {
  const record = asRecord(stored)
  if (expected !== undefined) return (record?.revision ?? null) === expected
  return !record || !next || !(record.version > next.version)
}
