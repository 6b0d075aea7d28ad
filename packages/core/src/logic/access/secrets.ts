// Keeps secrets out of the log. An error that the host's code throws about a token may quote the token, or hold the
// request with it.
import type { Credentials } from '../../ports/host.js'

/** Headers that carry credentials. */
const secretHeaders = ['authorization', 'cookie', 'proxy-authorization']
/** Shorter parts of such a header are words, not secrets. */
const secretLength = 8

/** A new error with the same text and stack, but without the token, secret headers and further properties. */
export function withoutSecrets(thrown: unknown, { token, headers }: Credentials): Error {
  const secrets = new Set([token, encodeURIComponent(token.toWellFormed())])
  for (const name of secretHeaders)
    for (const value of [headers[name] ?? []].flat())
      for (const part of [value, ...value.split(/[\s;,=]+/)]) if (part.length >= secretLength) secrets.add(part)
  // Longest first, because one secret may be a part of another.
  const ordered = [...secrets].filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
  const clean = (text: string): string => ordered.reduce((left, secret) => left.replaceAll(secret, '[secret]'), text)
  const { message, name, stack } = thrown instanceof Error ? thrown : new Error(`it threw ${describe(thrown)}`)
  const error = new Error(clean(String(message)))
  error.name = String(name)
  error.stack = clean(String(stack))
  return error
}

const describe = (thrown: unknown): string =>
  typeof thrown === 'string' ? thrown : thrown === null ? 'null' : `a value of type ${typeof thrown}`
