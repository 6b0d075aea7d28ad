// A second process on one database is noticed, whatever the database.
import { afterEach, describe, expect, it } from 'vitest'
import { dialects } from '../testing/dialects.js'
import type { TypeOrmStorage } from './typeorm-storage.js'

const open: { stop(): Promise<void> }[] = []
const drops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const storage of open.splice(0)) await storage.stop()
  for (const drop of drops.splice(0)) await drop()
})

describe.each(Object.values(dialects))('processes on $name', ({ make, isThere }) => {
  it.skipIf(!isThere)('fit where all share a bus; one that is alone, and any other, are told', async () => {
    const place = await make()
    drops.push(place.drop)
    const process = async (): Promise<TypeOrmStorage> => {
      const storage = place.open()
      await storage.start()
      open.push(storage)
      return storage
    }
    const [one, two, three] = [await process(), await process(), await process()]
    expect(await one.join('alone')).toBe(true)
    expect([await two.join('alone'), await three.join('together')]).toEqual([false, false])
    await one.stop()
    expect([await two.join('together'), await three.join('together')]).toEqual([true, true])
    const four = await process()
    expect(await four.join('alone')).toBe(false)
    await two.stop()
    await three.stop()
    expect(await four.join('alone')).toBe(true)
  })
})
