import { createHook } from 'node:async_hooks'
import ky from 'ky'

/** The built entries, which do not exist yet when the types of this file are checked. */
const load = (name: string) => import(new URL(`../../dist/${name}.js`, import.meta.url).href)
const { createAuthenticatedFetch }: typeof import('../../src/fetch.ts') = await load('fetch')
const { createClient }: typeof import('../../src/index.ts') = await load('index')

/** What one call makes. Run with `--expose-gc`, and with a new space so large that nothing is collected meanwhile. */
export interface Made {
  readonly bytes: number
  readonly promises: number
  /** Objects of the platform: `Request`, `Headers`, `URL`. */
  readonly objects: readonly string[]
}

type Call = () => Promise<unknown>

/** Until its code is compiled for speed, a call allocates more. */
const warmUp = { plain: 20_000, ky: 5000 }
const url = 'https://api.test/todos'
const answer = Promise.resolve(new Response(null, { status: 204 }))
// Makes nothing itself.
globalThis.fetch = () => answer

const init: RequestInit = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"title":"a"}' }
const tokens = { accessToken: 'a', refreshToken: 'r', expiresInSeconds: 3600 }
const options = { baseUrl: 'https://api.test/', refresh: async () => null }

const plain = createAuthenticatedFetch(options)
const client = createClient(options)
const bareKy = ky.create({ headers: { authorization: 'Bearer a' } })

const calls: Readonly<Record<string, Call>> = {
  'bare GET': () => fetch(url, { headers: { authorization: 'Bearer a' } }),
  GET: () => plain.fetch(url),
  'bare POST': () => fetch(url, { ...init, headers: { ...init.headers, authorization: 'Bearer a' } }),
  POST: () => plain.fetch(url, init),
  'ky alone': () => bareKy.get(url),
  'ky form': () => client.get(url),
}

async function countObjects(call: Call): Promise<readonly string[]> {
  const made: string[] = []
  const originals = { Request, Headers, URL }
  for (const [name, original] of Object.entries(originals)) {
    const construct = (target: object, given: unknown[]): object => {
      made.push(name)
      return Reflect.construct(target as never, given) as object
    }
    Object.assign(globalThis, { [name]: new Proxy(original, { construct }) })
  }
  await call()
  Object.assign(globalThis, originals)
  return made
}

async function countPromises(call: Call): Promise<number> {
  let promises = 0
  const hook = createHook({
    init(_, type) {
      if (type === 'PROMISE') promises += 1
    },
  })
  hook.enable()
  await call()
  hook.disable()
  return promises
}

async function countBytes(call: Call): Promise<number> {
  const count = 500
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < count; index += 1) await call()
  return (process.memoryUsage().heapUsed - before) / count
}

await plain.session.signIn(tokens)
await client.session.signIn(tokens)
const made: Record<string, Made> = {}
for (const [name, call] of Object.entries(calls)) {
  for (let index = 0; index < (name.startsWith('ky') ? warmUp.ky : warmUp.plain); index += 1) await call()
  const samples: number[] = []
  while (samples.length < 5) samples.push(await countBytes(call))
  const bytes = Math.round(Math.min(...samples))
  made[name] = { bytes, promises: await countPromises(call), objects: await countObjects(call) }
}
process.stdout.write(JSON.stringify(made))
process.exit(0)
