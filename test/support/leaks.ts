import { inspect } from 'node:util'
import { expect, onTestFinished, vi } from 'vitest'
import type { RootClient } from '../../src/client/client.ts'
import { eventTypes } from '../../src/session/events.ts'

/** Repeated, so that no cut through a token leaves a part that cannot be recognised. */
const mark = 'S3cr3t'

/** A token that is recognised by any part of it. */
export const secret = (kind: string, length = 60): string => `${mark.repeat(Math.ceil(length / mark.length))}${kind}`

const json = (value: unknown): string => {
  const seen = new Set<unknown>()
  const skipSeen = (_key: string, part: unknown) => {
    if (typeof part !== 'object' || part === null) return part
    if (seen.has(part)) return undefined
    seen.add(part)
    return part
  }
  return JSON.stringify(value, skipSeen) ?? ''
}

/** Everything a log, an error monitor or a console would show of a value. */
export const show = (value: unknown): string => {
  const error = value as Partial<Error> | null | undefined
  return [
    inspect(value, { depth: Number.POSITIVE_INFINITY, maxStringLength: null, maxArrayLength: null, getters: true }),
    json(value),
    String(value),
    error?.message,
    error?.stack,
    error?.cause && show(error.cause),
    ...((error as Partial<AggregateError> | null | undefined)?.errors ?? []).map(show),
  ].join('\n')
}

/** Every way to write to a console. */
const levels = [
  ...(['error', 'warn', 'info', 'log', 'debug', 'trace', 'table', 'dir', 'dirxml'] as const),
  ...(['assert', 'group', 'groupCollapsed', 'timeLog'] as const),
]

export interface LeakHunt {
  /** Notes what a promise rejects with, or what it brings. */
  catch(promise: Promise<unknown>): Promise<void>
  note(value: unknown): void
  /** Every event, and every snapshot, from here on; and the client itself. */
  watch(client: RootClient): void
  /** Fails if a secret shows in anything noted, or on the console. Answers all that was noted. */
  verdict(): string
}

/** Collects what can be seen from outside; the console and uncaught errors are seen too. */
export const huntLeaks = (): LeakHunt => {
  const shown: string[] = []
  const note = (value: unknown) => void shown.push(show(value))
  for (const level of levels) vi.spyOn(console, level).mockImplementation((...said: unknown[]) => note(said))
  vi.stubGlobal('reportError', note)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  return {
    note,
    catch: promise => promise.then(note, note),
    watch(client) {
      for (const type of eventTypes) client.session.on(type, note)
      client.session.subscribe(() => note([client, client.session, client.session.getSnapshot()]))
      note(client)
    },
    verdict() {
      const all = shown.join('\n')
      expect(all.split('\n').filter(line => line.toLowerCase().includes(mark.toLowerCase()))).toEqual([])
      return all
    },
  }
}
