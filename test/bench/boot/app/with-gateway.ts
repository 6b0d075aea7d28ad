// The app with its own socket.io gateway.
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { startApp } from './app.js'

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(): void {}
}

await startApp({ providers: [EchoGateway] })
