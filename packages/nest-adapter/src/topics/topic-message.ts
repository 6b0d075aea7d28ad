// What another service receives of a client's request.

/**
 * The payload of the message that a topic of the option `topics` sends to a broker, over every transport. In a service
 * on Nest it is `@Payload()`. A client that got no answer sends its request again, so a service may receive one
 * `clientMsgId` of one user more than once: the pair names the request.
 */
export interface TopicMessage<Payload = unknown> {
  /** The topic that the client named: `order.placed`. */
  readonly topic: string
  /** What the client sent: a JSON value that nobody has checked. */
  readonly payload: Payload
  /** The client's key of the request, 1 to 64 printable ASCII characters. */
  readonly clientMsgId: string
  /** Who sent it, as `authenticate` answered. */
  readonly userId: string
  readonly deviceId: string
  readonly deviceType: string
  readonly sessionId: string
  /** When the server received the request, Unix ms. */
  readonly at: number
}
