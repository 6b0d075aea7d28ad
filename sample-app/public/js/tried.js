// What a person asks for, tried; where it is refused the page says why.
import { byId } from './dom.js'

/**
 * @param {string} errorId where the person is told what was refused
 * @param {() => Promise<unknown> | undefined} work
 * @returns {Promise<boolean>} whether it went well
 */
export async function tried(errorId, work) {
  byId(errorId).textContent = ''
  try {
    await work()
    return true
  } catch (error) {
    byId(errorId).textContent = error instanceof Error ? error.message : String(error)
    return false
  }
}
