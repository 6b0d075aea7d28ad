import { describe, expect, it } from 'vitest'
import { VirtualClock } from '@rookery/testing'
import { IncomingParcels, OutgoingParcels } from './parcels.js'

describe('the parcels that a node sends', () => {
  const sending = () => {
    const clock = new VirtualClock()
    const empties: unknown[] = []
    const parcels = new OutgoingParcels(clock, (to, n) => empties.push([clock.monotonic(), to, n]))
    return { clock, empties, parcels }
  }

  it('are numbered from 1 on for each destination', () => {
    const { parcels } = sending()
    expect(['a', 'a', 'b', 'a'].map((to) => parcels.next(to))).toEqual([1, 2, 1, 3])
  })

  it('are followed by one empty parcel half a second after the last of each destination', async () => {
    const { clock, empties, parcels } = sending()
    parcels.next('a')
    await clock.advance(300)
    parcels.next('b')
    parcels.next('a')
    await clock.advance(400)
    parcels.next('a')
    await clock.advance(5000)
    expect(empties).toEqual([
      [800, 'b', 2],
      [1200, 'a', 4],
    ])
    expect(parcels.next('a')).toBe(5)
  })

  it('are followed by nothing once they are stopped', async () => {
    const { clock, empties, parcels } = sending()
    parcels.next('a')
    parcels.stop()
    await clock.advance(5000)
    expect(empties).toEqual([])
  })
})

describe('the parcels that a node receives', () => {
  const [isRepeat, isGap, isFine] = ['repeat', 'gap', 'fine']
  const arriving = (...given: readonly (readonly [from: string, boot: string, n: number])[]): string[] => {
    const parcels = new IncomingParcels()
    return given.map((one) => {
      const arrival = parcels.arrived(...one)
      return arrival.isRepeat ? isRepeat : arrival.isGap ? isGap : isFine
    })
  }

  it('show a gap, once, and a repeat', () => {
    const given = [1, 2, 4, 5, 5, 2].map((n) => ['a', 'x', n] as const)
    expect(arriving(...given)).toEqual([isFine, isFine, isGap, isFine, isRepeat, isRepeat])
  })

  it('show a first one that is not the first', () => {
    expect(arriving(['a', 'x', 3])).toEqual([isGap])
  })

  it('still count where others overtook them, each once', () => {
    const given = [1, 4, 3, 2, 3].map((n) => ['a', 'x', n] as const)
    expect(arriving(...given)).toEqual([isFine, isGap, isFine, isFine, isRepeat])
  })

  it('begin anew with another boot, and do not mix those of two nodes', () => {
    expect(arriving(['a', 'x', 1], ['a', 'x', 2], ['b', 'x', 1], ['a', 'y', 1], ['a', 'y', 2])).toEqual(
      Array.from({ length: 5 }, () => isFine),
    )
  })

  it('are remembered only so far back where very many are missing', () => {
    expect(arriving(['a', 'x', 1], ['a', 'x', 1_000_000_000], ['a', 'x', 999_999_999], ['a', 'x', 2])).toEqual([
      isFine,
      isGap,
      isFine,
      isRepeat,
    ])
  })
})
