// Random ids. Not crypto.randomUUID: a page on plain http from another machine does not have it.

/** @returns {string} 22 characters, unique for all purposes */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
