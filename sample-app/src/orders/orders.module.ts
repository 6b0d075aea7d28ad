// The service for orders: a process of its own, which knows chat by its queue alone.
import { type DynamicModule, Module } from '@nestjs/common'
import { type ClientProxy, ClientsModule, Transport } from '@nestjs/microservices'
import { ImClient } from '@rookery/nest-adapter/client'
import { chatQueue } from '../broker/queues.js'
import { OrdersController } from './orders.controller.js'

@Module({})
export class OrdersModule {
  static forRoot(amqpUrl: string): DynamicModule {
    const options = { ...chatQueue(amqpUrl), persistent: true }
    return {
      module: OrdersModule,
      imports: [ClientsModule.register([{ name: 'CHAT', transport: Transport.RMQ, options }])],
      controllers: [OrdersController],
      providers: [{ provide: ImClient, inject: ['CHAT'], useFactory: (client: ClientProxy) => new ImClient(client) }],
    }
  }
}
