import type { SessionRecord } from '../session/session-store.ts'

/** What a storage held, if it can be a record; anything else counts as nothing there. */
export const asRecord = (stored: unknown): SessionRecord | null =>
  typeof (stored as SessionRecord | null | undefined)?.revision === 'string' ? (stored as SessionRecord) : null
