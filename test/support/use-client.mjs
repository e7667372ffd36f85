// The last step of the build. Rollup, which shakes the output, drops module directives: 'use client' is put back.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const directive = "'use client';"

const { tsup } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
for (const [name, source] of Object.entries(tsup.entry)) {
  if (!readFileSync(root + source, 'utf8').startsWith("'use client'")) continue
  for (const ending of ['js', 'cjs']) {
    const path = `${root}dist/${name}.${ending}`
    const text = readFileSync(path, 'utf8')
    // On the same line, so that the source map still holds.
    if (!text.startsWith(directive)) writeFileSync(path, directive + text)
  }
}
