// The app's HTTP interface.

/**
 * @param {'login' | 'register'} action
 * @param {{ username: string, password: string }} credentials
 * @returns {Promise<import('./memory.js').Account>}
 * @throws {Error} with a line for the person
 */
export async function enter(action, credentials) {
  const response = await fetch(`/auth/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credentials),
  })
  const body = await response.json()
  if (response.ok) return body
  throw new Error([body.message].flat().join('; '))
}
