import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { root } from '../../support/project.ts'

test('the command names a word that it does not know, and says what it knows', async () => {
  const command = spawn(process.execPath, [`${root}src/cli.ts`, 'docter'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  command.stderr.on('data', chunk => {
    complaints += chunk
  })
  const [code] = await once(command, 'close')
  expect(complaints).toMatch(/^latchkey: `docter` is not a command\.\n\nUsage: latchkey doctor /)
  expect(code).toBe(2)
})

test('the command ends quietly when the reader of its output leaves early, as `head` does', async () => {
  const command = spawn(process.execPath, [`${root}src/cli.ts`, 'doctor', '--help'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Before it has begun to write.
  command.stdout.destroy()
  let complaints = ''
  command.stderr.on('data', chunk => {
    complaints += chunk
  })
  const [code] = await once(command, 'close')
  expect({ code, complaints }).toEqual({ code: 2, complaints: '' })
})
