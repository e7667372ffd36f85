import { readFileSync, writeFileSync } from 'node:fs'
import { root } from './project.ts'

/** In `docs/frameworks.md` a file of `demo/recipes` stands under a comment that names it. */
const blocks = /(?<=^<!-- file: (\S+) -->\n)```\w+\n(?:[^`][\s\S]*?)?^```$/gm

const read = (path: string) => readFileSync(root + path, 'utf8')

/** The page, with the files as they are now. */
export const writeFrameworksPage = (): string =>
  read('docs/frameworks.md').replace(
    blocks,
    (_block, path: string) => `\`\`\`${path.split('.').at(-1)}\n${read(path).trimEnd()}\n\`\`\``,
  )

export const shownFiles = (): readonly string[] =>
  [...read('docs/frameworks.md').matchAll(blocks)].map(([, path = '']) => path)

if (import.meta.main) writeFileSync(`${root}docs/frameworks.md`, writeFrameworksPage())
