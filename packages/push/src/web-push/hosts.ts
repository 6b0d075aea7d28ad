// Where notifications may be sent. A browser names its push service itself, so a user could name a server inside the
// network of the host: only known services and listed ones are asked, and a known name must not lead inside.
import { lookup as dnsLookup } from 'node:dns'
import { BlockList, type LookupFunction } from 'node:net'

/** The push services of Chrome, Edge, Firefox and Safari; a star is for any name below. */
const known = [
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  '*.push.services.mozilla.com',
  '*.notify.windows.com',
  '*.push.apple.com',
]

const inside = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inside.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(net, bits, 'ipv6')

/** Whether an address is private, loopback, link-local or none of a single public host. */
export const isInside = (address: string, family: number): boolean =>
  inside.check(address, family === 6 ? 'ipv6' : 'ipv4')

/** Resolves a name as Node does, and fails with `EINSIDE` where an address of it is inside. */
export const outsideOnly: LookupFunction = (hostname, options, done) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '')
    if (addresses.length === 0 || addresses.some(({ address, family }) => isInside(address, family)))
      return done(Object.assign(new Error('the name leads inside'), { code: 'EINSIDE' }), '')
    if (options.all) return done(null, addresses)
    done(null, addresses[0]!.address, addresses[0]!.family)
  })
}

export class Hosts {
  private readonly listed: ReadonlySet<string>

  /** @param listed `host:port` each */
  constructor(listed: readonly string[]) {
    this.listed = new Set(listed.map((one) => one.toLowerCase()))
  }

  /** Whether the operator listed the host, so that it may be inside. */
  isListed(url: URL): boolean {
    return this.listed.has(`${url.hostname}:${url.port || '443'}`)
  }

  /** The endpoint as a URL; null for one that is never asked. */
  endpoint(text: string): URL | null {
    const url = URL.canParse(text) ? new URL(text) : null
    if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '') return null
    return this.isListed(url) || (url.port === '' && isKnown(url.hostname)) ? url : null
  }
}

const isKnown = (hostname: string): boolean =>
  known.some((one) => (one.startsWith('*') ? hostname.endsWith(one.slice(1)) : hostname === one))
