import { describe, expect, it } from 'vitest'
import { RookeryError } from '../protocol/errors.js'
import { SendLane } from './send-lane.js'

const error = new RookeryError('UNAVAILABLE', 'not now')

// How the simulation stored a message before an earlier one (RELIABILITY 9): the first attempt of the earlier one was still
// under way when further attempts of it were turned away, each with a place of its own, behind the later message.
describe('a key that several attempts of are refused', () => {
  it('has the place of the first of them, in whichever order they are', () => {
    const lane = new SendLane(() => {})
    lane.fail('later', 2, 2, error, 100)
    lane.fail('earlier', 5, 6, error, 100)
    lane.fail('earlier', 1, 6, error, 100)
    lane.fail('earlier', 3, 6, error, 100)
    expect(lane.cameAgain('later')).toBe(2)
    expect(lane.refusal({ place: 2, arrival: 7 }, 0)).toBe(error)
    expect(lane.cameAgain('earlier')).toBe(1)
    expect(lane.refusal({ place: 2, arrival: 9 }, 0)).toBeNull()
  })
})
