import type { Situation } from './situation.ts'

/** What a situation is to the page: all but its server. */
export type PageSituation = Omit<Situation, 'reply'> & { readonly folder: string; readonly id: string }

/** What the page was told. */
export interface Told {
  readonly name: string
  readonly causes: readonly { readonly code: string; readonly certainty: string }[]
  /** As it is printed. */
  readonly text: string
  readonly facts: string
  readonly reports: number
  readonly ms: number
}

/** Runs in the page: each situation with a client of its own, some side by side. `args[0]`: the situations. */
export const runSituations = `
  const { createClient, cookieRefresh, cookieSession } = await import('latchkey')
  const { oauthRefresh } = await import('latchkey/oauth')
  const { dpop, loginProof } = await import('latchkey/dpop')
  const { explainUnauthorized } = await import('latchkey/explain')

  const refreshOf = ({ refresh, folder }) => {
    const url = folder + 'refresh'
    if (refresh === 'post') return ({ refreshToken, post }) => post(url, { refreshToken })
    if (refresh === 'oauth') return oauthRefresh({ tokenEndpoint: folder + 'token', clientId: 'my-spa' })
    if (refresh === 'cookie-session') return cookieSession({ url, signOutUrl: false })
    return refresh === 'cookie-refresh' ? cookieRefresh({ url, signOutUrl: false }) : undefined
  }

  const run = async situation => {
    const { name, folder, id, isTrusted = true, signIn, signInAgain, before = [], call = {}, reports = 1 } = situation
    const scheme = situation.scheme && dpop()
    const isCross = new URL(folder).origin !== location.origin
    const client = createClient({
      baseUrl: isTrusted ? folder : location.origin,
      retry: 0,
      refresh: refreshOf(situation),
      sessionName: 'explain-' + id,
      ...(scheme && { scheme }),
      ...situation.client,
      limits: { patienceMs: 0 },
    })
    const told = []
    let heard = () => {}
    const stop = explainUnauthorized(client, { tell: explanation => { told.push(explanation); heard() } })
    const send = async ({ path = 'todos', by = 'ky', init: given = {}, stream, meanwhile }) => {
      if (path === 'sign-out') return client.session.signOut()
      const init = {
        ...given,
        ...(stream === 'own' && { body: new Blob(['text']).stream(), duplex: 'half' }),
        ...(stream === 'progress' && { body: new Blob(['text']), onUploadProgress: () => {} }),
      }
      const url = folder + path + '?secret=S3cr3tS3cr3tQuery'
      const left = new Promise(resolve => client.session.on('request', event => event.step === 'sent' && resolve()))
      const sent = by === 'fetch' ? client.fetch(url, init) : client(url, init).json()
      if (meanwhile) await left
      if (meanwhile === 'sign-in') await client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })
      if (meanwhile === 'sign-out') await client.session.signOut()
      await Promise.resolve(sent).catch(() => {})
    }
    if (scheme) await loginProof(scheme, { url: folder + 'token' })
    if (signIn) await client.session.signIn(signIn)
    for (const earlier of before) await send(earlier)
    if (signInAgain) await client.session.signIn(signInAgain)
    await send(call)
    const sentAt = performance.now()
    const until = performance.now() + 4000
    while (told.length < reports && performance.now() < until)
      await new Promise(resolve => { heard = resolve; setTimeout(resolve, 500) })
    stop()
    client.dispose()
    const last = told.at(-1)
    return {
      name,
      causes: last ? last.causes.map(({ code, certainty }) => ({ code, certainty })) : [],
      text: String(last),
      facts: JSON.stringify(last?.facts ?? null),
      reports: told.length, ms: Math.round(performance.now() - sentAt),
    }
  }

  const waiting = [...args[0].entries()]
  const results = []
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, situation] = next
      results[index] = await run(situation).catch(error => ({ name: situation.name, causes: [], text: String(error && error.stack), facts: '', reports: 0 }))
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  return results
`
