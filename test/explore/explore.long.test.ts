// The command as a person runs it, in separate processes.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const start = fileURLToPath(new URL('start.mjs', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly out: string
}

function explore(...args: string[]): {
  readonly child: ChildProcess
  said(text: string): Promise<void>
  ended: Promise<Ended>
} {
  const child = spawn(process.execPath, [start, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  let all = ''
  child.stdout.on('data', (data) => (out += String(data)))
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (all += String(data)))
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, out })))
  const said = async (text: string): Promise<void> => {
    while (!all.includes(text)) await new Promise((resolve) => child.stderr.once('data', resolve))
  }
  return { child, said, ended }
}

const file = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-explore-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'broken.jsonl')
}

it('runs the given number of seeds of each kind on two processes, and reports the counts', async () => {
  const args = ['--only', 'twos,host-groups,like-memory-sqlite', '--from', '1', '--seeds', '4', '--workers', '2']
  const { code, out } = await explore(...args, '--file', file()).ended
  expect(out).toMatch(
    /^twos: 4 seeds, .+ 0 broken\nhost-groups: 4 seeds, .+ 0 broken\nlike-memory-sqlite: 4 seeds, .+ 0 broken\n0 broken in/,
  )
  expect(code).toBe(0)
})

it('prints its counts when a signal ends it', async () => {
  const { child, said, ended } = explore('--only', 'twos', '--from', '1', '--workers', '1', '--file', file())
  await said('twos 1 ')
  child.kill('SIGINT')
  const { code, out } = await ended
  expect(out).toMatch(/^twos: \d+ seeds, .+ 0 broken\n0 broken in/)
  expect(code).toBe(0)
})

it('replays one seed with its history, the same each time', async () => {
  const [once, again] = [await explore('--replay', 'twos:7').ended, await explore('--replay', 'twos:7').ended]
  expect(once.out.split('\n').length).toBeGreaterThan(100)
  expect(once.out).toContain('twos: seed 7 breaks nothing')
  expect(again).toEqual(once)
  expect(once.code).toBe(0)
})

it('runs the broken seeds again, and keeps those that still break', async () => {
  const path = file()
  writeFileSync(path, '{"kind":"twos","seed":7}\n{"kind":"logins","seed":7}\n')
  expect(await explore('--again', '--file', path).ended).toEqual({
    code: 0,
    out: `0 of 2 seeds in ${path} still break something\n`,
  })
})

it('names a wrong option in one line', async () => {
  const { said, ended } = explore('--only', 'nobody')
  await said('--only nobody: there are twos, groups')
  expect(await ended).toEqual({ code: 2, out: '' })
})
