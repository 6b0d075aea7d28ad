// With older versions of these packages a client could end the process or fill its memory.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const lockfile = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, { version?: string }>
}
const numbers = (version: string): number[] => version.split('.').map((part) => Number.parseInt(part, 10))
const atLeast = (version: string, floor: string): boolean => {
  const [a, b] = [numbers(version), numbers(floor)]
  const at = a.findIndex((part, i) => part !== b[i])
  return at < 0 || a[at]! > b[at]!
}

test.each([
  ['engine.io', '6.6.9'],
  ['ws', '8.21.0'],
  ['socket.io-parser', '4.2.7'],
  ['socket.io', '4.6.2'],
])('every %s in the lockfile is at least %s', (name, floor) => {
  const versions = Object.entries(lockfile.packages)
    .filter(([path]) => path.endsWith(`node_modules/${name}`))
    .map(([, { version }]) => version ?? '0')
  expect(versions.length).toBeGreaterThan(0)
  expect(versions.filter((version) => !atLeast(version, floor))).toEqual([])
})
