// With AMQP_URL: clients' topics `order.*` go to the queue of the service for orders, which calls chat back.
import { type DynamicModule, Module } from '@nestjs/common'
import { ClientsModule, Transport } from '@nestjs/microservices'
import { ImPatternsModule } from '@rookery/nest-adapter/patterns'
import { ordersQueue } from './queues.js'

@Module({})
export class BrokerModule {
  static forRoot(amqpUrl: string): DynamicModule {
    return {
      module: BrokerModule,
      imports: [
        ClientsModule.register([{ name: 'ORDERS', transport: Transport.RMQ, options: ordersQueue(amqpUrl) }]),
        ImPatternsModule.forRoot({ rmqAck: 'after-commit' }),
      ],
    }
  }
}
