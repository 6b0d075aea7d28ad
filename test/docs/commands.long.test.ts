// Runs the lines of README.md and docs/ that call `npx rookery`, unchanged, in one folder with a small chat database.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRookery } from '@rookery/core'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pages, root } from './blocks.js'

const command = join(root, 'packages/storage-typeorm/bin/rookery.js')
const folder = mkdtempSync(join(tmpdir(), 'rookery-commands-'))
const lines = pages().flatMap((page) => {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)
  return [...blocks].flatMap(([, block]) =>
    block!
      .split('\n')
      .filter((line) => line.startsWith('npx rookery'))
      .map((line) => [page, line] as const),
  )
})

beforeAll(async () => {
  mkdirSync(join(folder, 'data'))
  const storage = new TypeOrmStorage({ type: 'better-sqlite3', database: join(folder, 'data/app.im.sqlite') })
  const node = createRookery({ storage, authenticate: () => null })
  await node.start()
  await node.im.sendC2C({ from: 'ann', to: 'bob', type: 'text', content: { text: 'hi' } })
  await node.im.groups.create({ owner: 'ann', name: 'of ann', members: ['bob'] })
  await node.stop()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the calls of the command in the docs', () => {
  it('are there', () => expect(lines.length).toBeGreaterThan(5))

  it.each(lines)('%s: %s', (_, line) => {
    const called = line.replace('npx rookery', `"${process.execPath}" "${command}"`)
    const env = { PATH: process.env.PATH, DATABASE_URL: 'sqlite:data/app.sqlite' }
    const { status, stderr } = spawnSync('sh', ['-c', called], { cwd: folder, env, encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, expect.any(String)])
    expect(stderr).not.toContain('nothing is kept')
  })
})
