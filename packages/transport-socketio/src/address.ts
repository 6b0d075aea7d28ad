// Whose connection it is, as far as the network can tell.
import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'

/** The client's address: the peer's, or the one that `hops` trusted proxies vouch for. */
export const clientAddress = (request: IncomingMessage, hops: number): string => {
  const peer = request.socket.remoteAddress ?? ''
  if (hops === 0) return peer
  // Several headers of this name arrive joined. The rightmost entries are the proxies' own words, the rest is hearsay.
  const header = request.headers['x-forwarded-for']
  const named = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',')
  const address = named[named.length - hops]?.trim() ?? ''
  return isIP(address) === 0 ? peer : address
}

/**
 * What counts as one address: an IPv4 address, or an IPv6 /64, since whoever has one IPv6 address has the whole network.
 */
export const addressKey = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [left = '', right] = (address.split('%')[0] ?? '').split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const groups = [...head, ...Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0'), ...tail]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
