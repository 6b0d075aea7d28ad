// The app with a socket.io gateway of its own.
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { startApp } from './app.js'

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(): void {}
}

await startApp({ providers: [EchoGateway] })
