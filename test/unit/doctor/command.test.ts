import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { allChecks } from '../../../src/doctor/all-checks.ts'
import { optionNames } from '../../../src/doctor/arguments.ts'
import { help } from '../../../src/doctor/help.ts'
import { callDoctor } from '../../support/doctor.ts'
import { root } from '../../support/project.ts'

const api = ['--api', 'https://api.example.com/me']

describe('the command', () => {
  test.each([
    [[], /Give `--api`/],
    [['--token-endpoint', 'https://id.example.com/token'], /needs `--client-id`/],
    [['--cookie', ...api], /needs `--refresh-endpoint`/],
    [['--api', '/me'], /must be a whole URL/],
    [['--api', 'http://api.example.com/'], /must use https/],
    [['--api'], /`--api` needs a value/],
    [['--json=yes', ...api], /`--json` takes no value/],
    [['--jsno', ...api], /`--jsno` is not an option/],
    [['me', ...api], /an argument that is not an option/],
    [['--only', 'rotatoin', ...api], /The checks are: challenge, /],
    [['--origin', 'https://app.example.com/page', ...api], /must be an origin/],
    [['--spend', 'everything', ...api], /nothing, refresh, session/],
    [['--grace-seconds', '0', ...api], /a number above 0/],
    [['--grace-seconds', '3000000', ...api], /no more than a day/],
    [['--timeout-ms', '3000000000', ...api], /no more than a day/],
    [['--parameter', 'resource', ...api], /name=value/],
    [['--refresh-token', 'x', ...api], /shell's history.*LATCHKEY_REFRESH_TOKEN/],
    [['--client-secret', 'x', ...api], /public clients/],
    [['--login-stdin', '--cookie-stdin', ...api], /Only one secret/],
  ])('%j says what to write instead', async (args, expected) => {
    const run = await callDoctor(args)
    expect(run.told).toMatch(expected)
    expect({ exitCode: run.exitCode, printed: run.printed }).toEqual({ exitCode: 2, printed: '' })
  })

  test('--help names every option, and succeeds', async () => {
    const run = await callDoctor(['--help'])
    expect({ exitCode: run.exitCode, printed: run.printed }).toEqual({ exitCode: 0, printed: `${help}\n` })
    expect(optionNames.filter(name => !help.includes(`--${name}`))).toEqual([])
  })
})

describe('docs/doctor.md', () => {
  const text = readFileSync(`${root}docs/doctor.md`, 'utf8')

  test('has the row of every check, in the order in which they are made', () => {
    const rows = text.split('\n').filter(line => / \| (nothing|refresh|session) \|$/.test(line))
    expect(rows).toEqual(allChecks.map(({ id, question, spends }) => `| \`${id}\` | ${question} | ${spends} |`))
  })

  test.each(['DoctorReport', 'CheckReport', 'Finding'])('shows every member of %s', name => {
    const file = name === 'Finding' ? 'finding' : 'report'
    const membersIn = (source: string) => {
      const [, body = ''] = new RegExp(`interface ${name} \\{\\n(.*?)\\n\\}`, 's').exec(source) ?? []
      return [...body.matchAll(/^ {2}readonly (.*)$/gm)].map(([, member]) => member)
    }
    const members = membersIn(readFileSync(`${root}src/doctor/${file}.ts`, 'utf8'))
    expect(members.length).toBeGreaterThan(2)
    expect(membersIn(text)).toEqual(members)
  })

  test('points to sections of docs/servers.md that are there', () => {
    const servers = readFileSync(`${root}docs/servers.md`, 'utf8')
    const headings = [...servers.matchAll(/^## (.*)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    )
    expect(allChecks.map(({ chapter }) => chapter).filter(chapter => !headings.includes(chapter))).toEqual([])
  })
})
