import { expect, it } from 'vitest'
import { readConfig } from '../config.js'
import { ordersQueue, reading } from './queues.js'

it('the broker is named by AMQP_URL, and a mistake in it says nothing of the password', () => {
  const amqpUrlOf = (AMQP_URL: string) =>
    readConfig({ DATABASE_URL: 'postgres://localhost/a', JWT_SECRET: 's', AMQP_URL }).amqpUrl
  expect(amqpUrlOf('')).toBeUndefined()
  expect(amqpUrlOf('amqps://user:secret@broker/shop')).toBe('amqps://user:secret@broker/shop')
  expect(() => amqpUrlOf('http://user:secret@broker')).toThrow(
    /^AMQP_URL must be amqp:\/\/… or amqps:\/\/…, not "http:"$/,
  )
})

it('the queues outlast the broker, and readers acknowledge', () => {
  expect(reading(ordersQueue('amqp://broker'))).toMatchObject({
    queue: 'orders',
    queueOptions: { durable: true },
    noAck: false,
  })
})
