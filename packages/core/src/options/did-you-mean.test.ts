import { expect, it } from 'vitest'
import { didYouMean } from './did-you-mean.js'

const known = ['authenticate', 'limits', 'path', 'origins', 'queueBytesMax', 'rate', 'migrations']

it.each([
  ['authentcate', 'authenticate'],
  ['autehnticate', 'authenticate'],
  ['authenticator', 'authenticate'],
  ['Authenticate', 'authenticate'],
  ['limit', 'limits'],
  ['pth', 'path'],
  ['queue-bytes-max', 'queueBytesMax'],
  ['queueByteMax', 'queueBytesMax'],
  ['--migration', 'migrations'],
  ['raet', 'rate'],
])('of %s it is thought that %s was meant', (given, meant) => {
  expect(didYouMean(given, known)).toBe(`; did you mean ${meant}?`)
})

it.each(['x', '', 'cors', 'storagePath', 'namespace', 'authenticate'.repeat(10_000)])(
  'of what is near to nothing (%.12s) nothing is thought',
  (given) => {
    expect(didYouMean(given, known)).toBe('')
  },
)

it('of two that are as near the first is named', () => {
  expect(didYouMean('cat', ['car', 'cut'])).toBe('; did you mean car?')
})
