// Stores passwords as salted scrypt hashes, with their parameters beside them, so that a later version can raise these.
import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)
const keyBytes = 32
/** 16 MiB and some 30 ms on a thread of the pool: expensive for a guesser, not noticeable at a login. */
const cost = 16_384

/** `scrypt$cost$salt$hash` */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, keyBytes, { N: cost })
  return ['scrypt', cost, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** Takes the same time for right and wrong passwords. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, n = '', salt = '', hash = ''] = stored.split('$')
  const expected = Buffer.from(hash, 'base64url')
  const given = await derive(password, Buffer.from(salt, 'base64url'), expected.length, { N: Number(n) })
  return timingSafeEqual(given, expected)
}
