// sample-app/deploy/compose.yaml, as far as it can be checked without a daemon of Docker: it means what it says, and what it
// names is there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { root } from '../docs/root.js'

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly environment?: Readonly<Record<string, string | number>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: unknown
  readonly stop_grace_period?: string
  readonly volumes?: readonly string[]
}

const folder = join(root, 'sample-app/deploy')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const { services } = load(read('sample-app/deploy/compose.yaml')) as { services: Record<string, Service> }
const nodes = Object.entries(services).filter(([name]) => name.startsWith('node-'))

describe('compose.yaml', () => {
  it('starts three equal nodes, which have time to drain', () => {
    expect(nodes.map(([name]) => name)).toEqual(['node-1', 'node-2', 'node-3'])
    for (const [, { environment, stop_grace_period }] of nodes)
      expect({ environment, stop_grace_period }).toEqual({
        environment: nodes[0]![1].environment,
        stop_grace_period: '12s',
      })
  })

  it('sets only variables that the app reads', () => {
    const config = read('sample-app/src/config.ts')
    const names = Object.keys(nodes[0]![1].environment!)
    expect(names.length).toBeGreaterThan(4)
    expect(names.filter((name) => !config.includes(`env.${name}`) && !config.includes(`${name}:`))).toEqual([])
  })

  it('waits for services that tell their health', () => {
    const waits = Object.values(services).flatMap(({ depends_on }) => Object.entries(depends_on ?? {}))
    expect(waits.length).toBeGreaterThan(5)
    for (const [name, { condition }] of waits) {
      expect(condition).toBe('service_healthy')
      expect(services[name]?.healthcheck, name).toBeDefined()
    }
  })

  it('builds and mounts files that are there', () => {
    const { context, dockerfile } = nodes[0]![1].build!
    expect(join(folder, context)).toBe(join(root, '.'))
    expect(existsSync(join(root, dockerfile))).toBe(true)
    const mounted = services.nginx!.volumes!.map((volume) => volume.split(':')[0]!)
    for (const file of mounted) expect(existsSync(join(folder, file)), file).toBe(true)
  })

  it('starts what the build makes', () => {
    const [, script] = /CMD \["node", "(.*)"\]/.exec(read('sample-app/deploy/Dockerfile'))!
    expect(existsSync(join(root, script!))).toBe(true)
  })

  it('gives nginx every node', () => {
    const upstream = [...read('sample-app/deploy/nginx.conf').matchAll(/server (\S+):3000/g)].map(([, name]) => name)
    expect(upstream).toEqual(nodes.map(([name]) => name))
  })
})
