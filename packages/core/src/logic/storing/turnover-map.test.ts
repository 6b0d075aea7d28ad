import { expect, it } from 'vitest'
import { SeededRandom } from '@rookery/testing'
import { TurnoverMap } from './turnover-map.js'

it('holds what a map holds, whatever comes and goes', () => {
  const random = new SeededRandom(7)
  const [map, model] = [new TurnoverMap<number, number>(), new Map<number, number>()]
  for (let n = 0; n < 20_000; n += 1) {
    // Sometimes the map holds many entries, sometimes few.
    const key = random.int(n % 4000 < 2000 ? 600 : 20)
    if (random.int(2) === 0) {
      map.set(key, n)
      model.set(key, n)
    } else {
      map.delete(key)
      model.delete(key)
    }
    const asked = random.int(600)
    expect(map.get(asked)).toBe(model.get(asked))
  }
})
