import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { expect, test } from 'vitest'
import { entries, root } from '../support/project.ts'

test('publint finds nothing, in strict mode', async () => {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true })
  expect(messages.map(message => formatMessage(message, pkg))).toEqual([])
})

test('every entry has the right types, however it is imported (attw)', async () => {
  const args = ['--pack', root, '--profile', 'node16', '--no-emoji', '--no-color']
  // It ends with an exit code, and what it found in the error's `stdout`, where an entry has a problem.
  const { stdout } = await promisify(execFile)(`${root}node_modules/.bin/attw`, args, { cwd: root })
  for (const entry of entries) expect(stdout).toContain(entry === 'index' ? '"latchkey"' : `"latchkey/${entry}"`)
})
