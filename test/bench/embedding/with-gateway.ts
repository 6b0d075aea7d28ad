// The app with a socket.io gateway of its own, in which nothing happens: what sockets alone cost.
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { startHost } from './host.js'

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(): void {}
}

await startHost({ providers: [EchoGateway] })
