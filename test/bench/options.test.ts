import { describe, expect, it } from 'vitest'
import { readOptions } from './options.js'

const names = ['rookery', 'relay']

describe('the options of the benchmark', () => {
  it('are everything, at full length, by default', () => {
    expect(readOptions([], names)).toEqual({
      quick: false,
      json: null,
      scenarios: ['pairs', 'idle', 'rooms', 'large', 'line', 'pages', 'growth', 'handlers', 'push', 'brokers'],
      variants: null,
      help: false,
    })
  })
  it('take scenarios and variants under one flag, which may come twice', () => {
    const options = readOptions(['--only', 'idle,relay', '--only=rookery', '--json', 'out.json', '--quick'], names)
    expect(options).toMatchObject({
      scenarios: ['idle'],
      variants: ['rookery', 'relay'],
      json: 'out.json',
      quick: true,
    })
  })
  it('refuse an unknown name, and list the known ones', () => {
    expect(() => readOptions(['--only', 'raley'], names)).toThrow(
      '--only raley: there are pairs, idle, rooms, large, line, pages, growth, handlers, push, brokers, rookery, relay',
    )
  })
  it('refuse an unknown flag', () => {
    expect(() => readOptions(['--fast'], names)).toThrow(/--fast/)
  })
})
