// When RabbitMQ is told that a message is done. The option `rmqAck: 'after-commit'`.
import { mayBeTriedAgain, type RookeryError } from '@rookery/core'

/** A channel of amqplib, as far as it is used. */
interface Channel {
  ack(message: object): void
  nack(message: object, allUpTo: boolean, requeue: boolean): void
}

/** `RmqContext`, by its shape: an app may have a copy of @nestjs/microservices of its own. */
interface RmqContext {
  getChannelRef(): Channel
  getMessage(): object
}

const isRmq = (context: unknown): context is RmqContext =>
  typeof (context as Partial<RmqContext> | null)?.getChannelRef === 'function'

/** @param context of any transport; those of others than RabbitMQ have nothing to acknowledge */
export function acknowledge(context: unknown): void {
  if (isRmq(context)) context.getChannelRef().ack(context.getMessage())
}

/**
 * Puts back what may be tried again, after the time that the error names, so that a broker does not deliver it without
 * a pause. The rest goes to the dead letters of the queue, where it has any.
 */
export function refuse(context: unknown, { code, retryAfterMs = 1000 }: RookeryError): void {
  if (!isRmq(context)) return
  const channel = context.getChannelRef()
  const message = context.getMessage()
  if (!mayBeTriedAgain(code)) return channel.nack(message, false, false)
  setTimeout(() => {
    try {
      channel.nack(message, false, true)
    } catch {
      // The channel is closed: the broker has put the message back itself.
    }
  }, retryAfterMs).unref()
}
