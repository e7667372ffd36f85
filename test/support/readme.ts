import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { root } from './project.ts'

/**
 * One fenced block of a document. Its first line may say more than the language:
 * - `run`: it is a whole program, and a test runs it;
 * - `prints=200`: what it then prints;
 * - `file=api.ts`: other blocks may import it as `./api`.
 *
 * A comment right before it, `<!-- given: declare const form: FormData -->`, stands for what the reader's app has.
 */
export interface Snippet {
  /** `README.md:12` */
  readonly place: string
  readonly language: string
  readonly words: readonly string[]
  readonly text: string
  /** What it is called among the other snippets of the document. */
  readonly fileName: string
}

const fence = /(?:<!-- given: (?<given>[\s\S]*?) -->\n+)?^```(?<language>\w*) ?(?<words>.*)\n(?<body>[\s\S]*?)^```$/gm

const scripts = ['ts', 'tsx', 'js', 'jsx', 'typescript', 'javascript', 'mjs', 'mts']

export const isScript = ({ language }: Snippet): boolean => scripts.includes(language)

export const readSnippets = (document: string): readonly Snippet[] => {
  const text = readFileSync(root + document, 'utf8')
  return [...text.matchAll(fence)].map((match, index) => {
    const { given = '', language = '', words: line = '', body = '' } = match.groups ?? {}
    const words = line.split(' ').filter(word => word !== '')
    const ownName = words.find(word => word.startsWith('file='))?.slice('file='.length)
    return {
      place: `${document}:${text.slice(0, match.index).split('\n').length}`,
      language,
      words,
      text: `${given}\n${body}\nexport {}\n`,
      fileName: ownName ?? `snippet-${index + 1}.${language.endsWith('x') ? 'tsx' : 'ts'}`,
    }
  })
}

/** The program, with the built package and the other snippets that it imports in it. */
const bundleSnippet = async (snippet: Snippet, all: readonly Snippet[]): Promise<string> => {
  const textOf = (name: string) => all.find(({ fileName }) => fileName.replace(/\.tsx?$/, '') === name)?.text
  const { outputFiles } = await build({
    stdin: { contents: snippet.text, resolveDir: root, loader: 'tsx' },
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    tsconfigRaw: {}, // as an app sees it, without this project's paths
    logLevel: 'silent',
    plugins: [
      {
        name: 'snippets',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /^\.\/[\w-]+$/ }, ({ path }) =>
            textOf(path.slice(2)) === undefined ? undefined : { path: path.slice(2), namespace: 'snippet' },
          )
          onLoad({ filter: /.*/, namespace: 'snippet' }, ({ path }) => ({
            contents: textOf(path) ?? '',
            resolveDir: root,
            loader: 'tsx',
          }))
        },
      },
    ],
  })
  return outputFiles[0]?.text ?? ''
}

/** Makes `https://api.example.com/` of the documents the test's own server; what is no endpoint of it is the API. */
const redirectNetwork = (origin: string) => `
const network = globalThis.fetch
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  if (url.origin !== 'https://api.example.com') throw new Error('A snippet called ' + url.origin)
  const path = /^\\/(auth|token|revoke|cookie|bff)\\b/.test(url.pathname) ? url.pathname : '/api' + url.pathname
  const target = ${JSON.stringify(origin)} + path + url.search
  return input instanceof Request ? network(new Request(target, input), init) : network(target, init)
}
`

/**
 * Runs it as a program of its own.
 *
 * @param origin of the server that plays `https://api.example.com`
 * @returns what it printed
 * @throws if it ends with an exit code
 */
export const runSnippet = async (snippet: Snippet, all: readonly Snippet[], origin: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'snippet-'))
  try {
    await writeFile(join(folder, 'network.mjs'), redirectNetwork(origin))
    await writeFile(join(folder, 'snippet.mjs'), await bundleSnippet(snippet, all))
    const args = ['--import', './network.mjs', 'snippet.mjs']
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, timeout: 30_000 })
    return stdout
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
