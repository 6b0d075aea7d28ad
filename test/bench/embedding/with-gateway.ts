// The app with its own idle socket.io gateway: the cost of sockets alone.
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { startHost } from './host.js'

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(): void {}
}

await startHost({ providers: [EchoGateway] })
