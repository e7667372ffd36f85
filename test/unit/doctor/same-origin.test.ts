import { expect, test } from 'vitest'
import { callDoctor, statusesOf } from '../../support/doctor.ts'
import { startExaminedServer } from '../../support/examined-server.ts'

// The examined server sends CORS headers to another origin only, as a server at the page's own origin may.
test('the doctor asks a server at the origin of the page for no CORS headers, since browsers ask for none', async () => {
  const server = await startExaminedServer()
  const args = ['--api', `${server.origin}/me`, '--origin', server.origin, ...server.ofOAuth]
  const run = await callDoctor([...args, '--yes', '--json'], {
    env: { LATCHKEY_REFRESH_TOKEN: server.sessions(2) },
    wait: server.pass,
  })
  expect([...new Set(Object.values(statusesOf(run)))]).toEqual(['ok'])
  expect(run.exitCode).toBe(0)
  const says = 'The API has the origin of the page, so CORS does not apply.'
  for (const id of ['cors-errors', 'exposed-headers', 'preflight']) {
    expect(run.check(id).findings).toEqual([{ status: 'skipped', says }])
  }
})
