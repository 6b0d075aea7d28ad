// Finds the address of a client, as far as the network can tell.
import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'

/** The client's address: that of the TCP peer, or the one that `hops` trusted proxies report. */
export const clientAddress = (request: IncomingMessage, hops: number): string => {
  const peer = request.socket.remoteAddress ?? ''
  if (hops === 0) return peer
  // Node joins several headers of this name. The host's own proxies wrote the rightmost entries; a client may have made
  // up the rest.
  const header = request.headers['x-forwarded-for']
  const named = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',')
  const address = named[named.length - hops]?.trim() ?? ''
  return isIP(address) === 0 ? peer : address
}

/**
 * What counts as one address: an IPv4 address, or an IPv6 /64, because the owner of one IPv6 address owns the whole
 * /64.
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
