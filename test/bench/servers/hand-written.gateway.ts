// The gateway that a Nest user writes by hand: one event, one save, one emit.
import { InjectRepository } from '@nestjs/typeorm'
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  type OnGatewayConnection,
} from '@nestjs/websockets'
import { Server, Socket } from 'socket.io'
import { Repository } from 'typeorm'
import { ChatMessage } from './chat-message.entity.js'

interface SendMessage {
  readonly to: string
  readonly clientId: string
  readonly body: string
}

@WebSocketGateway({ transports: ['websocket'] })
export class HandWrittenGateway implements OnGatewayConnection {
  @WebSocketServer()
  server!: Server

  constructor(@InjectRepository(ChatMessage) private readonly messages: Repository<ChatMessage>) {}

  async handleConnection(client: Socket): Promise<void> {
    client.data.userId = String(client.handshake.auth['token'])
    await client.join(`user:${client.data.userId}`)
  }

  @SubscribeMessage('msg')
  async send(@ConnectedSocket() client: Socket, @MessageBody() dto: SendMessage): Promise<{ id: number }> {
    const sender: string = client.data.userId
    const conversation = sender < dto.to ? `${sender}:${dto.to}` : `${dto.to}:${sender}`
    const { clientId, body } = dto
    const message = await this.messages.save({ conversation, sender, clientId, body, createdAt: new Date() })
    this.server.to(`user:${dto.to}`).emit('msg', { id: message.id, from: sender, clientId, body })
    return { id: message.id }
  }
}
