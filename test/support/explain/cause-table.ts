import { readFileSync, writeFileSync } from 'node:fs'
import type { CauseText } from '../../../src/explain/cause.ts'
import { causeRules, unknown } from '../../../src/explain/causes.ts'
import { root } from '../project.ts'

const path = `${root}docs/explain.md`
const marks = /(?<=<!-- causes -->\n)[\s\S]*?(?=<!-- \/causes -->)/

const rowOf = ({ code, title, page, server, see }: CauseText): string =>
  `| \`${code}\` | ${[title, page ?? '–', server ?? '–', see].map(text => text.replaceAll('|', '\\|')).join(' | ')} |`

/** The table of `docs/explain.md`, as the rules are now. */
export const makeCauseTable = (): string =>
  [
    '| Code | What is printed | What to do in the page | What to do on the server | See |',
    '|---|---|---|---|---|',
    ...[...causeRules, unknown].map(rowOf),
    '',
  ].join('\n')

/** What stands there. */
export const readCauseTableText = (): string => marks.exec(readFileSync(path, 'utf8'))?.[0] ?? ''

/** Its rows. */
export const readCauseTable = (): readonly { readonly code: string; readonly title: string }[] =>
  [...readCauseTableText().matchAll(/^\| `([\w-]+)` \| (.*?) \|/gm)].map(([, code = '', title = '']) => ({
    code,
    title,
  }))

/** Writes it: `node test/support/explain/cause-table.ts`. */
if (import.meta.main) writeFileSync(path, readFileSync(path, 'utf8').replace(marks, makeCauseTable()))
