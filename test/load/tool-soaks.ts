import type { RootClient } from 'latchkey'
import { explainUnauthorized } from 'latchkey/explain'
import { openTelemetry, type TelemetrySpan, type Tracer, userTiming } from 'latchkey/observe'
import { tokensOf } from './answer.ts'
import { start } from './client-soaks.ts'
import { repeat, type StartSoak } from './soak.ts'

/** Keeps nothing. */
const tracer: Tracer = {
  startSpan: (): TelemetrySpan => ({
    setAttributes() {},
    setStatus() {},
    end() {},
    spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
  }),
}

/** What begins to listen to a client, and returns how to stop. */
export type Listen = (client: RootClient) => () => void

const tools: Readonly<Record<string, Listen>> = {
  explainUnauthorized: client => explainUnauthorized(client, { tell() {}, probe: false }),
  userTiming: client => userTiming().observe(client),
  openTelemetry: client => openTelemetry(tracer).observe(client),
}

/** One that is replayed, and one that is a 401 to the end. */
async function sendRequests(client: RootClient, since: number): Promise<void> {
  await client.get(`api/since/${since}`)
  await client.get('api/since/1000000', { throwHttpErrors: false, replay: false })
}

const startSignedIn = async (...given: Parameters<typeof start>) => {
  const client = start(...given)
  await client.session.signIn({ ...tokensOf(0), subject: 'alice' })
  return client
}

/** Listens, sees requests, and stops, again and again. */
export const listening =
  (listen: Listen): StartSoak =>
  async place => {
    const client = await startSignedIn(place)
    let since = 0
    const once = async () => {
      const stop = listen(client)
      since += 1
      await sendRequests(client, since)
      stop()
    }
    return { run: repeat(once), end: client.dispose }
  }

/** Listens all the time. */
export const followed =
  (listen: Listen): StartSoak =>
  async place => {
    const client = await startSignedIn(place)
    const stop = listen(client)
    let since = 0
    const end = () => {
      stop()
      client.dispose()
    }
    return { run: repeat(() => sendRequests(client, ++since)), end }
  }

export const soaksOf = (all: Readonly<Record<string, Listen>>): Readonly<Record<string, StartSoak>> =>
  Object.fromEntries(
    Object.entries(all).flatMap(([name, listen]) => [
      [`${name}, begun and stopped`, listening(listen)],
      [`requests that ${name} follows`, followed(listen)],
    ]),
  )

export const toolSoaks = soaksOf(tools)
