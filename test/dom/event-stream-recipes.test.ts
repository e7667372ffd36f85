import { expect, test, vi } from 'vitest'
import { openEvents } from '../../demo/recipes/eventsource-client.ts'
import { readEvents } from '../../demo/recipes/fetch-event-source.ts'
import { isEndedByCause } from '../recipes/recipe-behaviour.ts'
import { type ApiHandler, type RecipeWorld, startRecipeWorld } from '../recipes/recipe-server.ts'

/** Two events; the connection stays open. */
const stream: ApiHandler = (_call, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write('data: first\n\ndata: second\n\n')
}

interface Reader {
  readonly received: string[]
  readonly close: () => void
  readonly ended: Promise<unknown>
}

const readers: Readonly<Record<string, (world: RecipeWorld) => Reader>> = {
  'fetch-event-source': ({ api, origin }) => {
    const [received, controller] = [[] as string[], new AbortController()]
    const ended = readEvents(api, `${origin}/events`, ({ data }) => void received.push(data), controller.signal)
    return { received, close: () => controller.abort(), ended: ended.catch((error: unknown) => error) }
  },
  'eventsource-client': ({ api, origin }) => {
    const received: string[] = []
    let onEnd: (error: unknown) => void = () => {}
    const ended = new Promise<unknown>(resolve => {
      onEnd = resolve
    })
    const events = openEvents(
      api,
      `${origin}/events`,
      ({ data }) => void received.push(data),
      error => onEnd(error),
    )
    return { received, close: () => events.close(), ended }
  },
}

const longerThanAnyReconnect = () => new Promise(resolve => setTimeout(resolve, 100))

for (const [library, start] of Object.entries(readers)) {
  test(`the recipe for ${library} opens one stream across an expiry with one refresh, and closes it`, async () => {
    const world = await startRecipeWorld(stream)
    world.expire()
    const reader = start(world)
    await vi.waitFor(() => expect(reader.received).toEqual(['first', 'second']), 10_000)
    expect({
      statuses: world.calls.map(({ path, isClosed }) => [path, isClosed]),
      refreshes: world.refreshes(),
    }).toEqual({
      statuses: [
        ['/events', true],
        ['/events', false],
      ],
      refreshes: 1,
    })
    reader.close()
    await vi.waitFor(() => expect(world.calls.map(({ isClosed }) => isClosed)).toEqual([true, true]))
  })

  test(`the recipe for ${library} ends with the session, and does not reconnect`, async () => {
    const world = await startRecipeWorld(stream)
    world.end()
    expect(isEndedByCause(await start(world).ended)).toBe(true)
    await longerThanAnyReconnect()
    expect({ sends: world.calls.length, refreshes: world.refreshes() }).toEqual({ sends: 1, refreshes: 1 })
  })

  test(`the recipe for ${library} ends at a 500, and does not reconnect`, async () => {
    const world = await startRecipeWorld(stream)
    world.break()
    expect(String(await start(world).ended)).toContain('refused with 500')
    await longerThanAnyReconnect()
    expect(world.calls).toHaveLength(1)
  })
}
