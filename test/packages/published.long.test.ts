// What npm would publish, as npm, a compiler and a bundler see it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packagesUsed } from '../../tools/pack/imports.js'
import { packageIds, packTarballs, repository } from '../support/tarballs.js'

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rookery-tarballs-'))
  await packTarballs(folder)
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true }))

const tarball = (id: string): Buffer => readFileSync(join(folder, `${id}.tgz`))

describe.each(packageIds())('%s', (id) => {
  it('gives every entry with its types to every kind of host', async () => {
    const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball(id))))
    expect(checked).toMatchObject({ problems: [] })
  })

  it('holds what its package.json names', async () => {
    const bytes = tarball(id)
    const { messages, pkg } = await publint({
      pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer },
      strict: true,
    })
    expect(messages.map((message) => formatMessage(message, pkg!))).toEqual([])
  })

  it('asks for every package that its files import', () => {
    const laidOut = join(repository, 'packages', id, 'publish')
    const asked = JSON.parse(readFileSync(join(laidOut, 'package.json'), 'utf8')) as Manifest
    const known = Object.keys({ ...asked.dependencies, ...asked.peerDependencies })
    const used = [...packagesUsed(join(laidOut, 'dist'))].filter((name) => !isBuiltin(name) && name !== asked.name)
    expect(used.filter((name) => !known.includes(name))).toEqual([])
    expect(Object.keys(asked.dependencies ?? {}).filter((name) => !used.includes(name))).toEqual([])
  })

  it('brings its licence and a page about itself, and no test', () => {
    const listed = execFileSync('tar', ['-tz'], { input: tarball(id), encoding: 'utf8' }).split('\n')
    for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json'])
      expect(listed).toContain(`package/${name}`)
    expect(listed.filter((name) => /\.test\.|\/src\/|tsbuildinfo/.test(name))).toEqual([])
  })

  it('has a page of a screen whose links work outside the repository', () => {
    const page = readFileSync(join(repository, 'packages', id, 'README.md'), 'utf8')
    expect(page.split('\n').length).toBeLessThan(60)
    for (const [, target] of page.matchAll(/\]\(([^)]+)\)/g)) expect(target).toMatch(/^https:/)
  })
})
