import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { root } from './project.ts'

/** What each recipe is for, in the order of the page. */
const groups: Readonly<Record<string, readonly string[]>> = {
  'HTTP libraries': ['openapi-fetch', 'hey-api', 'axios', 'ofetch', 'wretch'],
  'Caches of server data': ['tanstack-query', 'swr', 'rtk-query'],
  'GraphQL and RPC': ['apollo-client', 'urql', 'graphql-request', 'trpc', 'connect-web'],
  'Streams and sockets': ['fetch-event-source', 'eventsource-client', 'websocket', 'socket-io'],
  Files: ['downloads-and-uploads', 'tus', 'uppy', 'pdf-js'],
  'Login libraries': ['oauth4webapi-login', 'oidc-client-login'],
  'Session and device': ['idle-logout', 'idle-warning', 'session-notices', 'capacitor-storage', 'sentry'],
}

const titles: Readonly<Record<string, string>> = {
  'downloads-and-uploads': 'Downloads and uploads with progress',
  'oauth4webapi-login': 'Login with oauth4webapi and PKCE',
  'oidc-client-login': 'Login with oidc-client-ts',
  'idle-logout': 'Sign-out after a time without input',
  'idle-warning': 'A warning before that sign-out',
  'session-notices': 'Notices of what another tab did',
  'capacitor-storage': "Capacitor's secure storage",
  'tanstack-query': 'TanStack Query',
  'hey-api': 'hey-api',
  'pdf-js': 'pdf.js',
  'rtk-query': 'RTK Query',
  'apollo-client': 'Apollo Client',
  'fetch-event-source': 'fetch-event-source (server-sent events)',
  'eventsource-client': 'eventsource-client (server-sent events)',
  'socket-io': 'Socket.IO',
  websocket: 'WebSocket',
  swr: 'SWR',
  trpc: 'tRPC',
  tus: 'tus-js-client',
  uppy: 'Uppy',
  sentry: 'Sentry',
}

const introduction = `# Recipes

latchkey with the libraries that you already use. Each recipe is a file of its own in [\`demo/recipes\`](../demo/recipes): copy it into your app and call it
with your client, \`api\`. A few create the client themselves, because its options are part of the recipe. The tests compile each of them, and run
those for libraries with the real library; those that make requests through a burst across an expiry with one refresh, an abort, a 500, and the end of the
session. The login recipes and Capacitor's storage are compiled only.

This page is made from the files by \`node test/support/recipes-page.ts\`.`

const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const titleOf = (name: string): string => titles[name] ?? name

/** The first comment is the recipe's text; the rest is code. */
const sectionOf = (name: string): string => {
  const lines = readFileSync(`${root}demo/recipes/${name}.ts`, 'utf8').trimEnd().split('\n')
  const end = lines.findIndex(line => !line.startsWith('// '))
  const text = lines
    .slice(0, end)
    .map(line => line.slice(3))
    .join(' ')
  const code = lines.slice(end).join('\n')
  return `### ${titleOf(name)}\n\n${text}\n\n[\`${name}.ts\`](../demo/recipes/${name}.ts)\n\n\`\`\`text\n${code}\n\`\`\``
}

/** The page as it should be, from the files in `demo/recipes`. */
export const writeRecipesPage = (): string => {
  const contents = Object.entries(groups).map(
    ([group, names]) => `${group}: ${names.map(name => `[${titleOf(name)}](#${anchorOf(titleOf(name))})`).join(' · ')}`,
  )
  const sections = Object.entries(groups).map(([group, names]) => [`## ${group}`, ...names.map(sectionOf)].join('\n\n'))
  return `${[introduction, ...contents, ...sections].join('\n\n')}\n`
}

/** Recipes that the page does not show. */
export const missingRecipes = (): readonly string[] => {
  const shown = Object.values(groups).flat()
  return globSync('demo/recipes/*.ts', { cwd: root })
    .map(path => posix.basename(path.replaceAll('\\', '/'), '.ts'))
    .filter(name => !shown.includes(name))
}

if (import.meta.main) writeFileSync(`${root}docs/recipes.md`, writeRecipesPage())
