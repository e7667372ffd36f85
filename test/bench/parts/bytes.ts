import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { manifest, root } from '../../support/project.ts'
import { measure } from '../../support/sizes.ts'
import { table } from '../report/table.ts'
import type { Part } from './part.ts'

interface Size {
  readonly name: string
  readonly minified: number | null
  readonly brotli: number
}
interface Result {
  readonly own: readonly Size[]
  readonly apps: readonly Size[]
  readonly peers: readonly Size[]
  readonly budgets: Readonly<Record<string, number>>
}

/** What an app would import of each, for what latchkey does. */
const peers: Readonly<Record<string, string>> = {
  wretch: `export { default } from 'wretch'`,
  'fetch-extras withTokenRefresh': `export { pipeline, withHeaders, withTokenRefresh } from 'fetch-extras'`,
  '@badgateway/oauth2-client': `export { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client'`,
  ofetch: `export { ofetch } from 'ofetch'`,
  'xior + token-refresh': `export { default } from 'xior'; export { default as retry } from 'xior/plugins/error-retry'; export { default as refresh } from 'xior/plugins/token-refresh'`,
  'keycloak-js': `export { default } from 'keycloak-js'`,
  ky: `export { default } from 'ky'`,
  'alova token authentication': `export { createAlova } from 'alova'; export { createServerTokenAuthentication } from 'alova/client'; export { default } from 'alova/fetch'`,
  'axios + axios-auth-refresh': `export { default } from 'axios'; export { createAuthRefresh } from 'axios-auth-refresh'`,
}

/** What typical apps take of latchkey, ky in it where it is needed. */
const apps: Readonly<Record<string, string>> = {
  createClient: `export { createClient } from './dist/index.js'`,
  'createClient, indexedDbStore, redirectTo, safeReturnTo': `export { createClient, indexedDbStore, redirectTo, safeReturnTo } from './dist/index.js'`,
  'the same, with oauthRefresh': `export { createClient, indexedDbStore, redirectTo, safeReturnTo } from './dist/index.js'; export { oauthRefresh } from './dist/oauth.js'`,
  'createAuthenticatedFetch, indexedDbStore': `export { createAuthenticatedFetch } from './dist/fetch.js'; export { indexedDbStore } from './dist/index.js'`,
}

const sizeOf = async (name: string, contents: string, resolveDir: string): Promise<Size> => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    tsconfigRaw: {},
    alias: { ky: `${root}node_modules/ky` },
    logLevel: 'error',
    logOverride: { 'ignored-bare-import': 'silent' },
  })
  const [{ contents: code } = { contents: new Uint8Array() }] = outputFiles
  return { name, minified: code.length, brotli: brotliCompressSync(code).length }
}

const sizesOf = (of: Readonly<Record<string, string>>, resolveDir: string) =>
  Promise.all(Object.entries(of).map(([name, contents]) => sizeOf(name, contents, resolveDir)))

const show = (sizes: readonly Size[], budgets?: Result['budgets']): string =>
  table(
    ['', 'brotli', 'minified', ...(budgets ? ['budget'] : [])],
    sizes.map(({ name, minified, brotli }) => [
      name,
      `${(brotli / 1000).toFixed(1)} kB`,
      minified === null ? '' : `${(minified / 1000).toFixed(1)} kB`,
      ...(budgets ? [budgets[name] ? `${(budgets[name] / 1000).toFixed(1)} kB` : ''] : []),
    ]),
  )

export const bytes: Part<Result> = {
  name: 'bytes',
  title: 'Bytes',
  measure: async () => {
    const own: Size[] = []
    for (const entry of Object.keys(manifest.sizeBudgets)) {
      own.push({ name: entry, minified: null, brotli: await measure(entry) })
    }
    own.push({ name: 'index with ky', minified: null, brotli: await measure('index+ky') })
    return {
      own,
      apps: await sizesOf(apps, root),
      peers: await sizesOf(peers, `${root}test/bench`),
      budgets: manifest.sizeBudgets,
    }
  },
  show: ({ own, apps: appSizes, peers: peerSizes, budgets }) =>
    [
      'Minified by esbuild, compressed by brotli. Each entry without ky, jwt-decode in it; of `index` and `fetch` what a typical app takes. The budgets are in `package.json`, and a test holds them.',
      show(own, budgets),
      '**What an app pays**, everything in it',
      show(appSizes),
      '**Peers**, everything in it',
      show(peerSizes),
    ].join('\n\n'),
}
