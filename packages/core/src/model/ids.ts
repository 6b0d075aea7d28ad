// The kinds of id. Each is a plain string at run time; the optional tag keeps one kind from being passed for another.

type Id<Kind extends string> = string & { readonly __kind?: Kind }

/** The host's id of a user: 1 to 128 printable ASCII characters without the space. */
export type UserId = Id<'user'>
/** An installation of a client: 1 to 64 characters, chosen by the client, the same over reconnects. */
export type DeviceId = Id<'device'>
/** A conversation's id: 1 to 128 characters, made by the server, opaque to clients. */
export type ConversationId = Id<'conversation'>
/** A live connection of a device, unique over all nodes and restarts. */
export type SessionId = Id<'session'>
/** A server process as the bus addresses it. */
export type NodeId = Id<'node'>
/** A message's id, made before the message is stored, unique over all conversations. */
export type MessageId = Id<'message'>
/** A device type as the host configures it: `phone`, `pad`, `pc`, `web` by default. */
export type DeviceType = Id<'device-type'>

/** A position in a timeline, from 1 without a gap; 0 means "nothing yet". */
export type Seq = number
/** JSON text, carried as it is: parsed where it comes in and nowhere else. */
export type JsonText = string & { readonly __json?: true }
