// A server under test: its process and its folder, which end together.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from './child.js'
import { makeDatabase } from './postgres.js'
import type { Durability, Serving } from './servers/serve.js'
import type { Variant } from './variants.js'

export interface ServerUnderTest {
  readonly child: Child
  readonly port: number
  /** As the writing connection has it; null for a server that stores nothing. */
  readonly durability: Durability | null
}

const folders = new Set<string>()
// Runs after the children's own `exit` listener, which `Child` set at its import: by then nobody writes there.
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Settings are weaker than the comparison and the promise need: the run is worthless. */
export class WeakDurabilityError extends Error {
  override readonly name = 'WeakDurabilityError'
}

const check = (variant: Variant, durability: Durability | null): void => {
  if (variant.stores && durability === null) {
    throw new WeakDurabilityError(`${variant.name} does not say how its writing connection is set`)
  }
  if (durability !== null && durability.weaker.length > 0) {
    throw new WeakDurabilityError(`${variant.name}: ${durability.weaker.join('; ')}`)
  }
}

/**
 * Starts a server, runs `use`, and ends the server. Reads the durability before and after.
 * @throws WeakDurabilityError
 */
export async function withServer<Value>(
  variant: Variant,
  options: { readonly exposeGc?: boolean; readonly env?: Readonly<Record<string, string>> },
  use: (server: ServerUnderTest) => Promise<Value>,
): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-bench-'))
  folders.add(folder)
  let child: Child | undefined
  const database = variant.database === undefined ? null : await makeDatabase()
  try {
    const env = {
      ...options.env,
      BENCH_FOLDER: folder,
      ...(database === null ? {} : { BENCH_DATABASE_URL: database.url }),
    }
    const started = await Child.start<Serving>(variant.file, { ...options, env })
    child = started.child
    const durability = await child.call<Durability | null>('durability')
    check(variant, durability)
    const value = await use({ child, port: started.ready.port, durability })
    check(variant, await child.call<Durability | null>('durability'))
    return value
  } finally {
    await child?.stop()
    await database?.drop()
    rmSync(folder, { recursive: true, force: true })
    folders.delete(folder)
  }
}
