import { describe, expect, test } from 'vitest'
import { addressKey } from './address.js'
import { settle } from './options.js'

describe('options', () => {
  test.each<[object, string]>([
    [{ queueByteMax: 1 }, 'option "queueByteMax" does not exist; did you mean queueBytesMax?'],
    [{ queueBytesMax: '1mb' }, 'queueBytesMax must be an integer of at least 65536, not "1mb"'],
    [{ frameBytesMax: 0 }, 'frameBytesMax must be an integer from 1024 to 134217728, not 0'],
    [{ frameBytesMax: Number.NaN }, 'frameBytesMax must be an integer from 1024 to 134217728, not null'],
    [{ connectTimeoutMs: 60_000 }, 'connectTimeoutMs must be an integer from 1 to 10000, not 60000'],
    [{ trustedProxyHops: true }, 'trustedProxyHops must be an integer from 0 to 16, not true'],
    [{ path: 'socket.io' }, 'path must look like "/socket.io", not "socket.io"'],
    [{ path: '/' }, 'path must look like "/socket.io", not "/"'],
    [{ namespace: '/' }, 'namespace must look like "/im" and cannot be "/", not "/"'],
    [{ namespace: '/a,b' }, 'namespace must look like "/im" and cannot be "/", not "/a,b"'],
    [{ origins: 'https://shop.example' }, 'origins must be a list of origins or a function'],
    [
      { origins: ['https://shop.example/'] },
      'origins: "https://shop.example/" must be an origin such as "https://shop.example" or "*", without a path',
    ],
    [{ directWrites: 'yes' }, 'directWrites must be true or false, not "yes"'],
  ])('%j is refused in one line', (options, line) => {
    expect(() => settle(options)).toThrow(new Error(`transport-socketio: ${line}`))
  })

  test('undefined means the default', () => {
    expect(settle({ queueBytesMax: undefined, path: undefined })).toEqual(settle({}))
  })
})

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['', ''],
])('the address %s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})
