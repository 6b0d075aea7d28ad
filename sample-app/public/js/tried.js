// Tries an action of the user; if the server refuses it, the page shows why.
import { byId } from './dom.js'

/**
 * @param {string} errorId the element that shows the refusal
 * @param {() => Promise<unknown> | undefined} work
 * @returns {Promise<boolean>} whether it succeeded
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
