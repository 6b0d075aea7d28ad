// Orders of clients. A client that got no answer sends its order again, and the broker delivers again what was not
// acknowledged: the keys of what this service tells are made of the order's own, so the buyer is told each state once.
import { Controller, Logger } from '@nestjs/common'
import { Ctx, EventPattern, Payload, RmqContext } from '@nestjs/microservices'
import { ImClient, RookeryError, type TopicMessage } from '@rookery/nest-adapter/client'
import { createHash } from 'node:crypto'

/** How long a message rests that could not be handled now. */
const restMs = 1000

@Controller()
export class OrdersController {
  private readonly logger = new Logger('Orders')

  constructor(private readonly im: ImClient) {}

  @EventPattern<string>('order.placed')
  async placed(@Payload() order: TopicMessage<{ listingId?: unknown }>, @Ctx() context: RmqContext): Promise<void> {
    await this.handle(context, async () => {
      const { listingId } = order.payload ?? {}
      await this.tell(order, 'received', listingId)
      await this.tell(order, typeof listingId === 'string' ? 'confirmed' : 'refused', listingId)
      this.logger.log(`${order.userId} ordered ${String(listingId)}`)
    })
  }

  @EventPattern<string>('order.cancelled')
  async cancelled(@Payload() order: TopicMessage<{ listingId?: unknown }>, @Ctx() context: RmqContext): Promise<void> {
    await this.handle(context, () => this.tell(order, 'cancelled', order.payload?.listingId))
  }

  /** Stored for the buyer, so that a device that is away learns of it later. */
  private async tell({ userId, clientMsgId }: TopicMessage, state: string, listingId: unknown): Promise<void> {
    const payload = { orderId: clientMsgId, listingId: listingId ?? null, state }
    const key = createHash('sha256').update(`${clientMsgId}:${state}`).digest('base64url')
    await this.im.s2c(userId, { topic: 'order.state', payload }, { persist: true, clientMsgId: key })
  }

  /** A message that fails now goes back to the queue; one that always fails is dropped, with a line in the log. */
  private async handle(context: RmqContext, work: () => Promise<void>): Promise<void> {
    const channel = context.getChannelRef()
    const message = context.getMessage()
    try {
      await work()
      channel.ack(message)
    } catch (error) {
      const mayWork = error instanceof RookeryError && error.retryAfterMs !== undefined
      this.logger.error(mayWork ? 'an order waits' : 'an order was dropped', error)
      setTimeout(() => channel.nack(message, false, mayWork), mayWork ? restMs : 0)
    }
  }
}
